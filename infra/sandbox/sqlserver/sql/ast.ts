import type { SqlType, Value } from '../engine/types.ts';

/** A dotted name, outermost part first: database, schema, object. */
export type Name = readonly string[];

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^';
export type CompareOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export interface OrderItem {
  readonly expr: Expr;
  readonly descending: boolean;
}

export type Expr =
  | { readonly k: 'literal'; readonly type: SqlType; readonly value: Value }
  | { readonly k: 'variable'; readonly name: string }
  | { readonly k: 'column'; readonly name: Name }
  | { readonly k: 'default' }
  | { readonly k: 'negate'; readonly operand: Expr }
  | { readonly k: 'binary'; readonly op: BinaryOperator; readonly left: Expr; readonly right: Expr }
  | { readonly k: 'compare'; readonly op: CompareOperator; readonly left: Expr; readonly right: Expr }
  | { readonly k: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  | { readonly k: 'not'; readonly operand: Expr }
  | { readonly k: 'null?'; readonly operand: Expr; readonly not: boolean }
  | { readonly k: 'in'; readonly operand: Expr; readonly list: readonly Expr[] | Query; readonly not: boolean }
  | { readonly k: 'between'; readonly operand: Expr; readonly low: Expr; readonly high: Expr; readonly not: boolean }
  | {
      readonly k: 'like';
      readonly operand: Expr;
      readonly pattern: Expr;
      readonly escape: Expr | undefined;
      readonly not: boolean;
    }
  | { readonly k: 'exists'; readonly query: Query }
  | {
      readonly k: 'case';
      readonly input: Expr | undefined;
      readonly whens: readonly { readonly when: Expr; readonly then: Expr }[];
      readonly otherwise: Expr | undefined;
    }
  | {
      readonly k: 'cast';
      readonly operand: Expr;
      readonly type: SqlType;
      readonly style: Expr | undefined;
      readonly kind: 'cast' | 'try' | 'parse';
    }
  | {
      readonly k: 'call';
      readonly name: Name;
      readonly args: readonly Expr[];
      readonly star: boolean;
      readonly distinct: boolean;
      readonly over: { readonly partition: readonly Expr[]; readonly order: readonly OrderItem[] } | undefined;
    }
  | { readonly k: 'subquery'; readonly query: Query };

export type SelectItem =
  | { readonly k: 'star'; readonly qualifier: Name }
  | {
      readonly k: 'expr';
      readonly expr: Expr;
      readonly alias: string | undefined;
      readonly assign: string | undefined;
    };

export type Source =
  | { readonly k: 'table'; readonly name: Name; readonly alias: string | undefined; readonly hints: readonly string[] }
  | { readonly k: 'function'; readonly name: Name; readonly args: readonly Expr[]; readonly alias: string | undefined }
  | { readonly k: 'derived'; readonly query: Query; readonly alias: string; readonly columns: readonly string[] }
  | {
      readonly k: 'values';
      readonly rows: readonly (readonly Expr[])[];
      readonly alias: string;
      readonly columns: readonly string[];
    }
  | {
      readonly k: 'join';
      readonly kind: 'inner' | 'left' | 'right' | 'cross';
      readonly left: Source;
      readonly right: Source;
      readonly on: Expr | undefined;
    };

export interface Select {
  readonly top: Expr | undefined;
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: Source | undefined;
  readonly where: Expr | undefined;
  readonly groupBy: readonly Expr[];
  readonly having: Expr | undefined;
}

export interface Query {
  readonly ctes: readonly { readonly name: string; readonly columns: readonly string[]; readonly query: Query }[];
  /** More than one: UNION, in order; `all` belongs to the union before that branch. */
  readonly branches: readonly { readonly select: Select; readonly all: boolean }[];
  readonly orderBy: readonly OrderItem[];
  readonly offset: Expr | undefined;
  readonly fetch: Expr | undefined;
}

export interface Assignment {
  /** A column, or a variable when it starts with @. */
  readonly target: string;
  readonly expr: Expr;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly identity: { readonly seed: number; readonly increment: number } | undefined;
  readonly default: { readonly name: string | undefined; readonly expr: Expr; readonly text: string } | undefined;
}

export interface KeyDefinition {
  readonly name: string | undefined;
  readonly columns: readonly string[];
  readonly primary: boolean;
  readonly clustered: boolean;
}

export interface Argument {
  readonly name: string | undefined;
  readonly expr: Expr;
  readonly output: boolean;
}

export type Statement =
  | { readonly k: 'select'; readonly query: Query }
  | {
      readonly k: 'insert';
      readonly table: Name;
      readonly hints: readonly string[];
      readonly columns: readonly string[] | undefined;
      readonly output: readonly SelectItem[];
      readonly outputInto: string | undefined;
      readonly source:
        | { readonly k: 'values'; readonly rows: readonly (readonly Expr[])[] }
        | { readonly k: 'query'; readonly query: Query }
        | { readonly k: 'exec'; readonly exec: ExecStatement }
        | { readonly k: 'defaults' };
    }
  | {
      readonly k: 'update';
      readonly top: Expr | undefined;
      readonly target: Name;
      readonly hints: readonly string[];
      readonly set: readonly Assignment[];
      readonly output: readonly SelectItem[];
      readonly outputInto: string | undefined;
      readonly from: Source | undefined;
      readonly where: Expr | undefined;
    }
  | {
      readonly k: 'delete';
      readonly top: Expr | undefined;
      readonly target: Name;
      readonly hints: readonly string[];
      readonly output: readonly SelectItem[];
      readonly outputInto: string | undefined;
      readonly from: Source | undefined;
      readonly where: Expr | undefined;
    }
  | {
      readonly k: 'declare';
      readonly variables: readonly { readonly name: string; readonly type: SqlType; readonly init: Expr | undefined }[];
    }
  | { readonly k: 'declare-table'; readonly name: string; readonly columns: readonly ColumnDefinition[] }
  | { readonly k: 'set'; readonly name: string; readonly expr: Expr }
  | { readonly k: 'option'; readonly names: readonly string[]; readonly value: string }
  | { readonly k: 'isolation'; readonly level: string }
  | { readonly k: 'identity-insert'; readonly table: Name; readonly on: boolean }
  | {
      readonly k: 'if';
      readonly condition: Expr;
      readonly then: Statement;
      readonly otherwise: Statement | undefined;
    }
  | { readonly k: 'while'; readonly condition: Expr; readonly body: Statement }
  | { readonly k: 'block'; readonly body: readonly Statement[] }
  | { readonly k: 'try'; readonly body: readonly Statement[]; readonly handler: readonly Statement[] }
  | { readonly k: 'begin-transaction' }
  | { readonly k: 'commit' }
  | { readonly k: 'rollback'; readonly savepoint: string | undefined }
  | { readonly k: 'save'; readonly savepoint: string }
  | { readonly k: 'throw'; readonly args: readonly Expr[] }
  | { readonly k: 'raiserror'; readonly args: readonly Expr[] }
  | { readonly k: 'print'; readonly expr: Expr }
  | { readonly k: 'return'; readonly expr: Expr | undefined }
  | { readonly k: 'break' }
  | { readonly k: 'continue' }
  | { readonly k: 'use'; readonly database: string }
  | { readonly k: 'waitfor'; readonly delay: Expr }
  | ExecStatement
  | DdlStatement;

export interface ExecStatement {
  readonly k: 'exec';
  readonly procedure: Name;
  /** EXEC ('text') instead of a procedure. */
  readonly text: Expr | undefined;
  readonly args: readonly Argument[];
  readonly returnInto: string | undefined;
}

export type DdlStatement =
  | { readonly k: 'create-database'; readonly name: string }
  | {
      readonly k: 'create-table';
      readonly name: Name;
      readonly columns: readonly ColumnDefinition[];
      readonly keys: readonly KeyDefinition[];
    }
  | { readonly k: 'alter-table-add'; readonly name: Name; readonly columns: readonly ColumnDefinition[] }
  | { readonly k: 'drop-table'; readonly name: Name; readonly ifExists: boolean }
  | { readonly k: 'truncate'; readonly name: Name }
  | {
      readonly k: 'create-index';
      readonly name: string;
      readonly table: Name;
      readonly columns: readonly string[];
      readonly unique: boolean;
      readonly clustered: boolean;
    }
  | {
      readonly k: 'create-trigger';
      readonly name: Name;
      readonly table: Name;
      readonly events: readonly ('insert' | 'update' | 'delete')[];
      readonly body: readonly Statement[];
      readonly replace: boolean;
    }
  | { readonly k: 'login'; readonly name: string; readonly password: string; readonly create: boolean }
  | { readonly k: 'create-user'; readonly name: string; readonly login: string }
  | { readonly k: 'create-role'; readonly name: string }
  | { readonly k: 'role-member'; readonly role: string; readonly member: string; readonly add: boolean }
  | {
      readonly k: 'permission';
      readonly action: 'grant' | 'deny' | 'revoke';
      readonly permissions: readonly { readonly name: string; readonly columns: readonly string[] }[];
      readonly securable:
        | { readonly k: 'object'; readonly name: Name; readonly columns: readonly string[] }
        | { readonly k: 'schema'; readonly schema: string }
        | { readonly k: 'database' };
      readonly grantee: string;
    }
  | { readonly k: 'nothing' };
