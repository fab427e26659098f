// A list of what comes and goes with each request, in the order of its coming.

/** An item's place in a list. Out of the list, it refers to itself alone. */
export class Link<Item> {
  previous: Link<Item> = this;
  next: Link<Item> = this;

  constructor(readonly item: Item) {}
}

/**
 * A linked list. A Set moves its items to a new table every hundred additions or so, and each old table refers to the
 * next. Once V8 has moved one to its old generation, minor garbage collections keep all later tables with their items,
 * until a major collection has to pause the worker. A removed link refers to nothing.
 */
export class LinkedList<Item> implements Iterable<Item> {
  /** Before the first link and after the last. */
  private readonly ends = new Link<Item | undefined>(undefined) as Link<Item>;

  /** Adds an item at the end. */
  add(item: Item): Link<Item> {
    const { ends } = this;
    const link = new Link(item);
    link.previous = ends.previous;
    link.next = ends;
    ends.previous.next = link;
    ends.previous = link;
    return link;
  }

  /**
   * Removes a link from the list.
   * @returns whether it was still in the list
   */
  remove(link: Link<Item>): boolean {
    if (link.next === link) return false;
    link.previous.next = link.next;
    link.next.previous = link.previous;
    link.previous = link;
    link.next = link;
    return true;
  }

  /** Iterates over the items that are in the list now. */
  [Symbol.iterator](): Iterator<Item> {
    const items: Item[] = [];
    for (let link = this.ends.next; link !== this.ends; link = link.next) items.push(link.item);
    return items.values();
  }
}
