import { Outlet, useNavigation } from 'react-router';
import { OnTheWay } from '../components/on-the-way.tsx';

/** Around every page: says that the next one is on its way while the last one stays. */
export function Root() {
  const { state } = useNavigation();
  return (
    <>
      {state !== 'idle' && <OnTheWay />}
      <Outlet />
    </>
  );
}
