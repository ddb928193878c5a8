/** The release a cluster answers as: it decides privileges, a few texts and a few fields. */
export type Release = '8.4' | '9.2';

type Group = Record<'root' | 'admin' | 'user' | 'audit', string[]>;

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

/** Proxmox VE's privileges by area and by how far the built-in roles reach. */
function groupsOf(release: Release): Record<string, Group> {
  const isNew = release === '9.2';
  return {
    VM: {
      root: [],
      admin: words(`VM.Config.Disk VM.Config.CPU VM.Config.Memory VM.Config.Network VM.Config.HWType
        VM.Config.Options VM.Allocate VM.Clone VM.Migrate VM.Snapshot VM.Snapshot.Rollback
        ${isNew ? 'VM.Replicate VM.GuestAgent.Unrestricted' : 'VM.Monitor'}`),
      user: words(`VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.Backup VM.PowerMgmt
        ${isNew ? 'VM.GuestAgent.FileRead VM.GuestAgent.FileWrite VM.GuestAgent.FileSystemMgmt' : ''}`),
      audit: words(`VM.Audit ${isNew ? 'VM.GuestAgent.Audit' : ''}`),
    },
    Sys: {
      root: words('Sys.PowerMgmt Sys.Modify Sys.Incoming Sys.AccessNetwork'),
      admin: words('Sys.Console Sys.Syslog'),
      user: [],
      audit: ['Sys.Audit'],
    },
    Datastore: {
      root: [],
      admin: words('Datastore.Allocate Datastore.AllocateTemplate'),
      user: ['Datastore.AllocateSpace'],
      audit: ['Datastore.Audit'],
    },
    SDN: { root: [], admin: ['SDN.Allocate'], user: ['SDN.Use'], audit: ['SDN.Audit'] },
    User: {
      root: ['Realm.Allocate'],
      admin: words('User.Modify Group.Allocate Realm.AllocateUser'),
      user: [],
      audit: [],
    },
    Pool: { root: [], admin: ['Pool.Allocate'], user: ['Pool.Audit'], audit: ['Pool.Audit'] },
    Mapping: { root: [], admin: ['Mapping.Modify'], user: ['Mapping.Use'], audit: ['Mapping.Audit'] },
  };
}

const ROLES: Record<Release, Record<string, string[]>> = { '8.4': makeRoles('8.4'), '9.2': makeRoles('9.2') };

/** The roles that every installation has, with their privileges. */
export function builtInRoles(release: Release): Record<string, string[]> {
  return ROLES[release];
}

function makeRoles(release: Release): Record<string, string[]> {
  const roles: Record<string, Set<string>> = {
    Administrator: new Set(['Permissions.Modify']),
    NoAccess: new Set(),
    PVETemplateUser: new Set(['VM.Audit', 'VM.Clone']),
  };
  const add = (role: string, privileges: string[]): void => {
    const set = (roles[role] ??= new Set());
    for (const privilege of privileges) set.add(privilege);
  };
  for (const [area, { root, admin, user, audit }] of Object.entries(groupsOf(release))) {
    add('Administrator', [...root, ...admin, ...user, ...audit]);
    add('PVEAdmin', [...admin, ...user, ...audit]);
    add(`PVE${area}Admin`, [...admin, ...user, ...audit]);
    if (user.length > 0) add(`PVE${area}User`, [...user, ...audit]);
    add('PVEAuditor', audit);
  }
  roles.PVEAdmin?.delete('Mapping.Modify');
  return Object.fromEntries(Object.entries(roles).map(([role, set]) => [role, [...set]]));
}

/** Every privilege there is. */
export function allPrivileges(release: Release): string[] {
  return builtInRoles(release).Administrator ?? [];
}
