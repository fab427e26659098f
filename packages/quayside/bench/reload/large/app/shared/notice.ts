// What the service says to everyone, and how urgent that is.

export enum Urgency {
  Low = 'low',
  Normal = 'normal',
  High = 'high',
}

export interface Notice {
  text: string;
  urgency: Urgency;
  since: Date;
}

const current: Notice = {
  text: 'Hello harbour!',
  urgency: Urgency.Normal,
  since: new Date('2024-01-01T00:00:00Z'),
};

/** @returns the text, in capitals where it is urgent */
export function notice({ text, urgency }: Notice = current): string {
  return urgency === Urgency.High ? text.toUpperCase() : text;
}
