/** One row for a table; columns left out get the table's default. */
export type Row = Record<string, string | number | null>;

/** Takes a row. All rows of one table name the same columns in the same order. */
export type Emit = (table: string, row: Row) => void;
