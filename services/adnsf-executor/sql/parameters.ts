/** Values of statements, with their types. */
import { TYPES } from 'tedious';
import type { Parameter } from './connection.ts';

export const text = (value: string | null): Parameter => ({ type: TYPES.NVarChar, value });
export const integer = (value: number): Parameter => ({ type: TYPES.Int, value });
/** The driver writes what the date shows in UTC. */
export const localTime = (value: number): Parameter => ({ type: TYPES.DateTime, value: new Date(value) });
