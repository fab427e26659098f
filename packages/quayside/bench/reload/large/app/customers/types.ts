// What a customer is.

export type CustomerId = string;

export enum CustomerState {
  New = 'new',
  Active = 'active',
  Closed = 'closed',
}

export interface Customer {
  readonly id: CustomerId;
  readonly name: string;
  readonly email: string;
  readonly state: CustomerState;
  readonly createdAt: Date;
}

export type CustomerSummary = Pick<Customer, 'id' | 'name'>;

export function isCustomerOpen({ state }: Customer): boolean {
  return state !== CustomerState.Closed;
}
