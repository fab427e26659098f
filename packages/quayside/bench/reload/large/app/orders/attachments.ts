// The files that belong to an order.
import { createHash } from 'node:crypto';
import { receive, uploadsOf, type Limits, type Upload } from '../shared/uploads';
import type { OrderId } from './types';

export interface Attachment {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
}

const limits: Limits = { size: 5_000_000, count: 5, types: ['application/pdf', 'image/png', 'image/jpeg'] };

class Attachments {
  private readonly all = new Map<OrderId, Attachment[]>();

  of(id: OrderId): readonly Attachment[] {
    return this.all.get(id) ?? [];
  }

  add(id: OrderId, uploads: Upload[]): readonly Attachment[] {
    const added = uploads.map(({ name, type, content }) => {
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { name, type, size: content.length, sha256 };
    });
    this.all.set(id, [...this.of(id), ...added]);
    return added;
  }
}

const attachments = new Attachments();

export const receiveOrderFiles = receive('files', limits);

export function attachToOrder(id: OrderId, files: unknown): readonly Attachment[] {
  return attachments.add(id, uploadsOf(files));
}

export function attachmentsOfOrder(id: OrderId): readonly Attachment[] {
  return attachments.of(id);
}
