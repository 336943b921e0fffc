import { z } from 'zod';

const PER = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const TEXT = /^(\d{1,9})\/(?:(\d{1,6}))?([smhd])$/;

/** Calls, and the time in which there may be that many, ms. */
export interface RateLimit {
  calls: number;
  per: number;
}

/** `60/m`, `10/s`, `5/10s`: at most so many calls in any such time. */
export const Rate = z
  .string()
  .regex(TEXT, 'a rate such as 10/s, 60/m, 5/10s, 1000/h')
  .transform((text): RateLimit => {
    const [, calls = '0', times = '1', unit = 's'] = TEXT.exec(text) ?? [];
    return {
      calls: Number(calls),
      per: Number(times) * (unit === 's' || unit === 'm' || unit === 'h' ? PER[unit] : PER.d),
    };
  })
  .refine(({ calls, per }) => calls > 0 && per > 0, 'a rate of at least one call, such as 1/h');
