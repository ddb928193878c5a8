import type { Source } from './legacy/connect-source.ts';

export interface SourceProblem {
  code: string;
  count: number;
  message: string;
}

const LIVE = `h.domainstatus IN ('Active', 'Suspended', 'Completed')`;

/** Each is one count over live services or people; `code` is the one their rows will get. */
const CHECKS: { code: string; message: string; sql: string }[] = [
  {
    code: 'orphan_client',
    message: 'live services whose client does not exist',
    sql: `FROM tblhosting h LEFT JOIN tblclients c ON c.id = h.userid WHERE ${LIVE} AND c.id IS NULL`,
  },
  {
    code: 'orphan_product',
    message: 'live services whose product does not exist',
    sql: `FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE ${LIVE} AND p.id IS NULL`,
  },
  {
    code: 'orphan_server',
    message: 'live services whose server does not exist',
    sql: `FROM tblhosting h LEFT JOIN tblservers s ON s.id = h.server WHERE ${LIVE} AND h.server <> 0 AND s.id IS NULL`,
  },
  {
    code: 'account_without_owner',
    message: 'clients nobody owns',
    sql: `FROM tblclients c WHERE c.status <> 'Closed' AND NOT EXISTS (SELECT 1 FROM tblusers_clients m
      JOIN tblusers u ON u.id = m.auth_user_id WHERE m.client_id = c.id AND m.owner = 1)`,
  },
  {
    code: 'missing_due_date',
    message: 'live recurring services without a due date',
    sql: `FROM tblhosting h WHERE h.domainstatus IN ('Active', 'Suspended') AND h.billingcycle NOT IN ('Free Account', 'One Time')
      AND (h.nextduedate IS NULL OR CAST(h.nextduedate AS CHAR) LIKE '0000%')`,
  },
  {
    code: 'conflicting_values',
    message: 'live services with an option chosen twice, differently',
    sql: `FROM (SELECT o.relid FROM tblhostingconfigoptions o JOIN tblhosting h ON h.id = o.relid AND ${LIVE}
      GROUP BY o.relid, o.configid HAVING COUNT(DISTINCT o.optionid) > 1) AS x`,
  },
  {
    code: 'option_value_mismatch',
    message: 'chosen values that do not exist or belong to another option',
    sql: `FROM tblhostingconfigoptions o JOIN tblhosting h ON h.id = o.relid AND ${LIVE}
      JOIN tblproductconfigoptions p ON p.id = o.configid LEFT JOIN tblproductconfigoptionssub s ON s.id = o.optionid
      WHERE s.id IS NULL OR s.configid <> o.configid`,
  },
  {
    code: 'pending_upgrade',
    message: 'upgrades under way',
    sql: `FROM tblupgrades u JOIN tblhosting h ON h.id = u.relid WHERE ${LIVE} AND u.status = 'Pending'`,
  },
  {
    code: 'module_queue_pending',
    message: 'actions of modules that wait to be tried again',
    sql: 'FROM tblmodulequeue WHERE completed = 0',
  },
  {
    code: 'cancel_requested',
    message: 'live services with a request to cancel',
    sql: `FROM (SELECT DISTINCT r.relid FROM tblcancelrequests r JOIN tblhosting h ON h.id = r.relid WHERE ${LIVE}) AS x`,
  },
  {
    code: 'encoded_text',
    message: 'clients whose name holds HTML entities',
    sql: `FROM tblclients WHERE CONCAT(firstname, lastname, companyname) REGEXP '&(#[0-9]+|[a-z]+);'`,
  },
  {
    code: 'doubly_encoded_text',
    message: 'clients whose name was encoded twice; one decoding leaves entities',
    sql: `FROM tblclients WHERE CONCAT(firstname, lastname, companyname) REGEXP '&amp;(#[0-9]+|[a-z]+);'`,
  },
  {
    code: 'mojibake',
    message: 'clients whose name looks like UTF-8 taken for Latin-1: see source.charset in the mapping',
    // A first byte and a second one of UTF-8, each become a character of Latin-1 of its own.
    sql: `FROM tblclients WHERE HEX(CONVERT(CONCAT(firstname, lastname, companyname) USING utf8mb4))
      REGEXP '^(..)*C3(8[2-9A-F]|[9A].)C2[89AB]'`,
  },
];

/** Counts what a migration would stumble over. */
export async function countProblems(source: Source): Promise<SourceProblem[]> {
  const problems: SourceProblem[] = [];
  for (const { code, message, sql } of CHECKS) {
    const [row] = await source.select(`SELECT COUNT(*) AS n ${sql}`);
    const count = Number(row?.['n'] ?? 0);
    if (count > 0) problems.push({ code, count, message });
  }
  return problems;
}
