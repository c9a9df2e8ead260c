/** Roles, from reading alone to everything. */
export const ROLES = ['viewer', 'analyst', 'data-scientist', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a request may need: to look at alerts, or to change and judge them. */
export type Permission = 'read' | 'write';

const PERMISSIONS: Record<Role, readonly Permission[]> = {
  viewer: ['read'],
  analyst: ['read', 'write'],
  'data-scientist': ['read'], // learns from verdicts, gives none
  admin: ['read', 'write'],
};

/** Who asks. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
  readonly tenants: readonly string[] | '*';
  /** False where access is open: then the name says nothing about who it is. */
  readonly authenticated: boolean;
}

/** Whether a caller's role allows it. */
export function may(caller: Caller, permission: Permission): boolean {
  return PERMISSIONS[caller.role].includes(permission);
}

/** Whether a caller may see what belongs to a tenant. */
export function seesTenant(caller: Caller, tenantId: string): boolean {
  return caller.tenants === '*' || caller.tenants.includes(tenantId);
}

/**
 * The tenants a query must be held to: those of the caller, of which only the named one where one is named.
 * Undefined means all; an empty list means that nothing may be found.
 */
export function tenantsOf(caller: Caller, named?: string): readonly string[] | undefined {
  if (named === undefined) return caller.tenants === '*' ? undefined : caller.tenants;
  return seesTenant(caller, named) ? [named] : [];
}
