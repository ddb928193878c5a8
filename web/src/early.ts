import { startFirstRead } from './first-read.ts';

// A script of its own, so small that it runs long before the others have been read.
startFirstRead();
