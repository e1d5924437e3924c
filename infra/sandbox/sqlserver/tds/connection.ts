import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Cancelled, SqlError, lockTimeout } from '../errors.ts';
import type { Context, SessionState, Variable } from '../engine/context.ts';
import type { Event, Outcome } from '../engine/events.ts';
import {
  beginTransaction,
  bindParameters,
  commitTransaction,
  newContext,
  rollbackTransaction,
  runProcedure,
  runStatements,
} from '../engine/run.ts';
import { INT } from '../engine/types.ts';
import type { Value } from '../engine/types.ts';
import type { Statement } from '../sql/ast.ts';
import { parseBatch } from '../sql/parser.ts';
import type { Database } from '../storage/database.ts';
import { waitForLock } from '../storage/locks.ts';
import { passwordMatches } from '../storage/security.ts';
import { Reply, acknowledgeAttention } from './reply.ts';
import type { RpcCall, RpcParameter } from './requests.ts';
import { preloginReply, readBatch, readLogin, readPrelogin, readRpc, readTransactionRequest } from './requests.ts';
import * as tokens from './tokens.ts';
import type { Message } from './transport.ts';
import { PRELOGIN, Transport } from './transport.ts';

const BATCH = 0x01;
const RPC = 0x03;
const ATTENTION = 0x06;
const TRANSACTION = 0x0e;
const LOGIN = 0x10;
const RESET = 0x08;
const RESET_KEEP_TRANSACTION = 0x10;

export interface ServerState {
  readonly db: Database;
  readonly saPassword: string;
  readonly secureContext: SecureContext;
  /** Reports faults of the server itself; SQL errors are not. */
  readonly onFault: (error: unknown) => void;
}

interface Prepared {
  readonly declaration: string;
  readonly text: string;
}

const PARSED_LIMIT = 1000;
const parsedTexts = new Map<string, readonly Statement[]>();

/** Parsed form of a batch; the most recent ones are remembered. */
export function parsed(text: string): readonly Statement[] {
  const known = parsedTexts.get(text);
  if (known) return known;
  const statements = parseBatch(text);
  if (parsedTexts.size >= PARSED_LIMIT) parsedTexts.delete(parsedTexts.keys().next().value!);
  parsedTexts.set(text, statements);
  return statements;
}

export function newSession(
  spid: number,
  login: string,
  user: string,
  database: string,
  about = { host: '', application: '' },
): SessionState {
  return {
    spid,
    login,
    user,
    host: about.host,
    application: about.application,
    database,
    isolation: 'READ COMMITTED',
    lockTimeoutMs: -1,
    implicitTransactions: false,
    xactAbort: false,
    noCount: false,
    transaction: undefined,
    transactionCount: 0,
    rowCount: 0,
    error: 0,
    lastIdentity: null,
    identityInsert: undefined,
  };
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      clearTimeout(timer);
      reject(new Cancelled('request cancelled'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel);
      resolve();
    }, ms);
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  });
}

/** One client: logs in, then answers one request after the other. */
export class Connection {
  private readonly server: ServerState;
  private readonly transport: Transport;
  private readonly spid: number;
  private session: SessionState | undefined;
  private readonly prepared = new Map<number, Prepared>();
  private nextHandle = 1;
  private running: AbortController | undefined;
  private readonly queue: Message[] = [];
  private resetPending = false;

  constructor(socket: Socket, spid: number, server: ServerState) {
    this.server = server;
    this.spid = spid;
    this.transport = new Transport(socket, spid, (message) => this.receive(message));
    // a client that goes away is no fault; its work is undone when the socket closes
    socket.on('error', () => undefined);
    socket.on('close', () => this.close());
  }

  destroy(): void {
    this.transport.destroy();
  }

  private close(): void {
    this.queue.length = 0;
    if (this.running) this.running.abort();
    else this.abandon();
  }

  private abandon(): void {
    const { session } = this;
    if (!session?.transaction) return;
    this.server.db.rollback(session.transaction);
    session.transaction = undefined;
    session.transactionCount = 0;
  }

  private receive(message: Message): void {
    if (message.type === ATTENTION) {
      if (this.running) this.running.abort();
      else acknowledgeAttention(this.transport);
      return;
    }
    this.queue.push(message);
    if (!this.running) void this.work();
  }

  private async work(): Promise<void> {
    for (let message = this.queue.shift(); message; message = this.queue.shift()) {
      const running = new AbortController();
      this.running = running;
      try {
        await this.answer(message, running.signal);
      } catch (error) {
        this.server.onFault(error);
        this.transport.destroy();
      }
      this.running = undefined;
    }
  }

  private async answer(message: Message, signal: AbortSignal): Promise<void> {
    if ((message.status & (RESET | RESET_KEEP_TRANSACTION)) !== 0)
      this.reset((message.status & RESET_KEEP_TRANSACTION) !== 0);
    switch (message.type) {
      case PRELOGIN:
        this.prelogin(message.body);
        return;
      case LOGIN:
        this.login(message.body);
        return;
      case BATCH:
        await this.reply(signal, (reply) => this.batch(readBatch(message.body), reply, signal));
        return;
      case RPC:
        await this.reply(signal, (reply) => this.rpc(readRpc(message.body), reply, signal));
        return;
      case TRANSACTION:
        await this.reply(signal, (reply) => this.transaction(message.body, reply, signal));
        return;
      default:
        throw new Error(`message of unknown type 0x${message.type.toString(16)}`);
    }
  }

  // --- login ---

  private prelogin(body: Buffer): void {
    const { encryption } = readPrelogin(body);
    const encrypted = encryption === 1 || encryption === 3;
    this.transport.write(preloginReply(encrypted ? 1 : 2), true);
    if (encrypted) this.transport.startTls(this.server.secureContext);
  }

  private login(body: Buffer): void {
    const login = readLogin(body);
    const { db, saPassword } = this.server;
    const known = db.security.logins.get(login.user.toLowerCase());
    const isSa = login.user.toLowerCase() === 'sa';
    const right = isSa
      ? login.password === saPassword
      : known !== undefined && passwordMatches(known.password, login.password);
    if (!right) {
      this.refuse(new SqlError(18456, `Login failed for user '${login.user}'.`, { severity: 14 }));
      return;
    }
    const user = db.security.userOfLogin(login.user);
    const wanted = login.database || 'master';
    const isOurs = wanted.toLowerCase() === db.name.toLowerCase();
    if ((!isOurs && wanted.toLowerCase() !== 'master') || (isOurs && user === undefined)) {
      this.refuse(
        new SqlError(4060, `Cannot open database "${wanted}" requested by the login. The login failed.`, {
          severity: 11,
        }),
      );
      return;
    }
    const database = isOurs ? db.name : 'master';
    this.session = newSession(this.spid, login.user, user ?? 'guest', database, login);
    const size = Math.min(32767, Math.max(512, login.packetSize || 4096));
    const reply = new Reply(this.transport);
    tokens.writeLoginReply(reply.writer, database, size, login.utf8);
    reply.done(undefined, 0);
    reply.end();
    this.transport.packetSize = size;
  }

  private refuse(error: SqlError): void {
    const reply = new Reply(this.transport);
    reply.error(error);
    reply.done(undefined, 0, tokens.ERROR);
    reply.end();
    this.transport.end();
  }

  private reset(keepTransaction: boolean): void {
    const { session } = this;
    if (!session) return;
    if (!keepTransaction && session.transaction) {
      this.server.db.rollback(session.transaction);
      session.transaction = undefined;
      session.transactionCount = 0;
    }
    const fresh = newSession(this.spid, session.login, session.user, session.database, session);
    const { transaction, transactionCount } = session;
    Object.assign(session, fresh, { transaction, transactionCount });
    this.prepared.clear();
    this.resetPending = true;
  }

  // --- requests ---

  private context(variables?: Map<string, Variable>): Context {
    if (!this.session) throw new Error('request before login');
    return newContext({ db: this.server.db, session: this.session }, variables);
  }

  private async reply(signal: AbortSignal, work: (reply: Reply) => Promise<void>): Promise<void> {
    const reply = new Reply(this.transport);
    if (this.resetPending) {
      tokens.writeBytesChange(reply.writer, tokens.RESET_ACKNOWLEDGED, tokens.NOTHING, tokens.NOTHING);
      this.resetPending = false;
    }
    try {
      await work(reply);
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    if (this.transport.destroyed) this.abandon();
    else if (signal.aborted) reply.endCancelled();
    else reply.end();
  }

  /** Runs the steps of a batch or call, writing what they yield. */
  private async drive(
    steps: Generator<Event, Outcome | undefined, void>,
    reply: Reply,
    signal: AbortSignal,
  ): Promise<{ outcome: Outcome | undefined; failed: boolean }> {
    let failed = false;
    let step = steps.next();
    while (!step.done) {
      const event = step.value;
      if (event.k === 'lock' || event.k === 'delay') {
        let reason: unknown;
        try {
          if (event.k === 'lock')
            await waitForLock(event.transaction, event.wait, this.session?.lockTimeoutMs ?? -1, signal);
          else await delay(event.ms, signal);
        } catch (error) {
          reason = error ?? lockTimeout();
        }
        step = reason === undefined ? steps.next() : steps.throw(reason);
        continue;
      }
      if (event.k === 'error') failed = true;
      try {
        await this.write(event, reply, signal);
      } catch (error) {
        step = steps.throw(error);
        continue;
      }
      step = steps.next();
    }
    return { outcome: step.value, failed };
  }

  private async write(
    event: Exclude<Event, { k: 'lock' | 'delay' }>,
    reply: Reply,
    signal: AbortSignal,
  ): Promise<void> {
    const { writer } = reply;
    const session = this.session!;
    switch (event.k) {
      case 'result': {
        const count = await reply.result(event.result, signal);
        session.rowCount = count;
        reply.done(session.noCount ? undefined : count, tokens.COMMAND_CODES.select);
        return;
      }
      case 'count':
        reply.done(event.count, tokens.COMMAND_CODES[event.command]);
        return;
      case 'info':
        reply.more();
        tokens.writeMessage(writer, 'info', {
          number: event.number,
          state: 1,
          severity: event.severity,
          text: event.message,
        });
        return;
      case 'error':
        reply.error(event.error);
        reply.done(undefined, 0xfd, tokens.ERROR);
        return;
      case 'database':
        reply.more();
        tokens.writeTextChange(writer, tokens.DATABASE_CHANGED, event.name, event.before);
        return;
      case 'transaction': {
        reply.more();
        const id = tokens.descriptorOf(event.id);
        if (event.action === 'begin') tokens.writeBytesChange(writer, tokens.TRANSACTION_BEGUN, id, tokens.NOTHING);
        else
          tokens.writeBytesChange(
            writer,
            event.action === 'commit' ? tokens.TRANSACTION_COMMITTED : tokens.TRANSACTION_ROLLED_BACK,
            tokens.NOTHING,
            id,
          );
      }
    }
  }

  /**
   * Errors before the first statement runs (syntax, parameters) end the request like any other error; then the result is
   * undefined.
   */
  private async guarded<T>(reply: Reply, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      if (!(error instanceof SqlError)) {
        this.server.onFault(error);
        reply.error({ number: 596, state: 1, severity: 20, message: `Internal error: ${String(error)}` });
      } else reply.error(error);
      reply.done(undefined, 0xfd, tokens.ERROR);
      return undefined;
    }
  }

  private async batch(text: string, reply: Reply, signal: AbortSignal): Promise<void> {
    await this.guarded(reply, async () => {
      await this.drive(runStatements(parsed(text), this.context()), reply, signal);
    });
  }

  private async rpc(calls: readonly RpcCall[], reply: Reply, signal: AbortSignal): Promise<void> {
    for (const call of calls) {
      reply.startProcedure();
      const failed = (await this.guarded(reply, () => this.call(call, reply, signal))) ?? true;
      reply.endProcedure(failed ? tokens.ERROR : 0);
    }
  }

  /** Answers one procedure call up to its DONEPROC. Resolves to whether an error was reported. */
  private async call({ procedure, parameters: p }: RpcCall, reply: Reply, signal: AbortSignal): Promise<boolean> {
    const finish = (failed: boolean, status = failed ? -6 : 0): boolean => {
      reply.more();
      tokens.writeReturnStatus(reply.writer, status);
      return failed;
    };
    const returnHandle = (handle: number): void =>
      tokens.writeReturnValue(reply.writer, 0, p[0]?.name ?? '', INT, handle);
    const name = procedure.toLowerCase().split('.').at(-1)!.replace(/[[\]]/g, '');
    switch (name) {
      case 'sp_executesql': {
        const failed = await this.runText(textOf(p[0]), textOf(p[1]), p.slice(2), reply, signal, 2);
        return finish(failed);
      }
      case 'sp_prepare': {
        const text = textOf(p[2]);
        parsed(text);
        const handle = this.remember({ declaration: textOf(p[1]), text });
        finish(false);
        returnHandle(handle);
        return false;
      }
      case 'sp_prepexec': {
        const prepared = { declaration: textOf(p[1]), text: textOf(p[2]) };
        const old = p[0]?.value;
        if (typeof old === 'number') this.prepared.delete(old);
        const handle = this.remember(prepared);
        const failed = await this.runText(prepared.text, prepared.declaration, p.slice(3), reply, signal, 3);
        finish(failed);
        returnHandle(handle);
        return failed;
      }
      case 'sp_execute': {
        const handle = Number(p[0]?.value);
        const prepared = this.prepared.get(handle);
        if (!prepared)
          throw new SqlError(8179, `Could not find prepared statement with handle ${handle}.`, { state: 2 });
        return finish(await this.runText(prepared.text, prepared.declaration, p.slice(1), reply, signal, 1));
      }
      case 'sp_unprepare':
        this.prepared.delete(Number(p[0]?.value));
        return finish(false);
      default: {
        const args = p.map(({ name: n, value, type }) => ({
          name: n === '' ? undefined : n.toLowerCase(),
          value,
          type,
        }));
        const { failed } = await this.drive(runProcedure(name, args, this.context()), reply, signal);
        return finish(failed);
      }
    }
  }

  private remember(prepared: Prepared): number {
    const handle = this.nextHandle++;
    this.prepared.set(handle, prepared);
    return handle;
  }

  private async runText(
    text: string,
    declaration: string,
    values: readonly RpcParameter[],
    reply: Reply,
    signal: AbortSignal,
    firstOrdinal: number,
  ): Promise<boolean> {
    const given = values.map(({ name, value, type }) => ({ name: name === '' ? undefined : name, value, type }));
    const variables = bindParameters(declaration, given);
    const { failed } = await this.drive(runStatements(parsed(text), this.context(variables)), reply, signal);
    const names = [...variables.keys()];
    values.forEach(({ name, output }, i) => {
      const variable = variables.get(name === '' ? (names[i] ?? '') : name.toLowerCase());
      if (!output || !variable) return;
      reply.more();
      tokens.writeReturnValue(reply.writer, firstOrdinal + i, name, variable.type, variable.value);
    });
    return failed;
  }

  private async transaction(body: Buffer, reply: Reply, signal: AbortSignal): Promise<void> {
    const request = readTransactionRequest(body);
    await this.guarded(reply, async () => {
      const context = this.context();
      const { session } = context;
      await this.drive(
        (function* (): Generator<Event, undefined, void> {
          switch (request.k) {
            case 'begin': {
              const levels = [
                undefined,
                'READ UNCOMMITTED',
                'READ COMMITTED',
                'REPEATABLE READ',
                'SERIALIZABLE',
              ] as const;
              session.isolation = levels[request.isolation] ?? session.isolation;
              yield* beginTransaction(context);
              return;
            }
            case 'commit':
              yield* commitTransaction(context);
              break;
            case 'rollback': {
              const known = session.transaction?.savepoints.some(
                (s) => s.name.toLowerCase() === request.name.toLowerCase(),
              );
              yield* rollbackTransaction(context, request.name !== '' && known ? request.name : undefined);
              break;
            }
            case 'save':
              session.transaction?.save(request.name);
              return;
            case 'unknown':
              throw new SqlError(8009, `Transaction manager request ${request.code} is not supported.`, {
                ends: 'batch',
              });
          }
          if (request.thenBegin) yield* beginTransaction(context);
        })(),
        reply,
        signal,
      );
    });
  }
}

const textOf = (parameter: RpcParameter | undefined): string => {
  const value: Value = parameter?.value ?? null;
  return typeof value === 'string' ? value : '';
};
