import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** The node a server is on, known once it has been placed; the other attributes are set when a workflow starts. */
export const NODE = defineSearchAttributeKey('Node', SearchAttributeType.KEYWORD);
