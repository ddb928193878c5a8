/** As high as a status with an operation under it; the style sheet says the same. */
export const ROW_PX = 56;

/** What a card takes at least, with the room below it. */
export const CARD_PX = 108;
