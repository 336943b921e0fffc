/** Has Ctrl-C end a bench as `exit` does, so that the brokers and databases it started go with it. */
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
