import { z } from 'zod';

// The content security policy forbids eval, which zod's compiled parsers would try.
z.config({ jitless: true });
