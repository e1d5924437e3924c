import { describeHalf } from './schedules.ts';

describeHalf('first');
