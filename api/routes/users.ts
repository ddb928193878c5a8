import { User } from '../../contract/auth.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { currentUser } from '../middleware/authenticate.ts';
import { toUserView } from '../views/user.ts';

export function userRoutes(): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/users/me',
      tag: 'Users',
      summary: 'Who you are',
      auth: 'bearer',
      answers: { 200: { description: 'You', schema: User } },
      handle(ctx) {
        ctx.body = toUserView(currentUser(ctx));
      },
    }),
  ];
}
