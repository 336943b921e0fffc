/** A failure inside an expression, for whoever wrote it; the expression and the event are named where it is caught. */
export class Failure extends Error {}
