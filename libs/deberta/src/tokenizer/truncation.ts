/**
 * How many tokens of each side stay when a pair must fit `room` tokens, longest side first; equal to the
 * strategy `longest_first` of Hugging Face tokenizers (utils/truncation.rs).
 */
export function longestFirst(first: number, second: number, room: number): [number, number] {
  if (first + second <= room) return [first, second];
  const short = Math.min(first, second);
  let keptShort = short;
  let keptLong = short > room ? short : Math.max(short, room - short);
  if (keptShort + keptLong > room) {
    keptShort = Math.floor(room / 2);
    keptLong = keptShort + (room % 2);
  }
  return first <= second ? [keptShort, keptLong] : [keptLong, keptShort];
}
