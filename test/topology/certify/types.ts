export type { CommandResult } from '../../../schemas/generated/types.ts';
export type { AdnsfCommand, ErpCommand, StripeCommand } from '../../../schemas/topics.ts';
