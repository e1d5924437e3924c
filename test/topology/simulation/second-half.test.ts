import { describeHalf } from './schedules.ts';

describeHalf('second');
