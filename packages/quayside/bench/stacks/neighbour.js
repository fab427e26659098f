// Randomly reads and writes 64 MB, more than a CPU's caches hold, for a number of seconds.
const words = new Uint32Array(2 ** 24);
const end = Date.now() + Number(process.argv[2]) * 1000;

let random = 1;
while (Date.now() < end) {
  for (let step = 0; step < 1e6; step += 1) {
    // xorshift: https://doi.org/10.18637/jss.v008.i14
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    words[random & (words.length - 1)] += 1;
  }
}
