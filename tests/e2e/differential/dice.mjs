/** Random choices that a seed repeats: mulberry32, public domain. */
export class Dice {
  constructor(seed) {
    this.at = seed >>> 0;
  }

  /** From 0 to 1, without 1. */
  next() {
    this.at = (this.at + 0x6d2b79f5) >>> 0;
    let x = this.at;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from *low* to *high*, with both. */
  number(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(p) {
    return this.next() < p;
  }

  pick(all) {
    return all[this.number(0, all.length - 1)];
  }

  shuffled(all) {
    const result = [...all];
    for (let i = result.length - 1; i > 0; --i) {
      const k = this.number(0, i);
      [result[i], result[k]] = [result[k], result[i]];
    }
    return result;
  }

  /** At least one of *all*, in any order. */
  some(all) {
    return this.shuffled(all).slice(0, this.number(1, all.length));
  }
}
