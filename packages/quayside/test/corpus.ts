// Requests that are broken, and some that are valid but unusual: what is to become of each, here and under Node's own.
// The sections are those of https://www.rfc-editor.org/rfc/rfc9112 and https://www.rfc-editor.org/rfc/rfc9110.

/** What becomes of the bytes of a connection. */
export interface Outcome {
  /** The statuses of the answers in their order, interim ones among them. */
  answers: number[];
  /** Whether the server closes the connection by itself, answers another request on it, or takes what follows for a body. */
  then: 'closes' | 'stays' | 'waits';
  /** How many requests the service sees. */
  reached: number;
}

/** Where Node's releases differ: by the number of one. */
type Expected = Outcome | ((release: number) => Outcome);

/** The bytes, and what becomes of them here; under Node's own, and why, where that is another. */
export type Entry = [bytes: string, own: Expected] | [bytes: string, own: Expected, node: Expected, why: string];

export const outcomeOf = (expected: Expected, release: number) =>
  typeof expected === 'function' ? expected(release) : expected;

const becomes = (answers: number[], then: Outcome['then'], reached: number): Outcome => ({ answers, then, reached });
const since = (release: number, later: Outcome, earlier: Outcome) => (of: number) => (of < release ? earlier : later);

const served = becomes([200], 'stays', 1);
const servedTwice = becomes([200, 200], 'stays', 2);
/** Served, and the last of its connection. */
const last = becomes([200], 'closes', 1);
const continued = becomes([100, 200], 'stays', 1);
const part = becomes([206], 'stays', 1);
const notModified = becomes([304], 'stays', 1);
/** No request to the service. */
const refused = becomes([400], 'closes', 0);
const tooLarge = becomes([431], 'closes', 0);
/** The service has seen its head. */
const broken = becomes([400], 'closes', 1);

/** The size of a body that is within the limits of the server, and of a head. */
export const limits = { MAX_BODY_SIZE: 1000, MAX_HEADER_SIZE: 8 * 1024 };
const limited = 'MAX_BODY_SIZE';
const unknown = 'a 404, as for a method that Node knows and no route has';
const connect = 'a 404; Node closes the connection without a word';
const uncertain = 'nobody knows whether a body comes, so the connection ends';
const host = 'a request has one Host, and a valid one (9112 3.2)';
const first = 'a valid request is answered, whatever follows it';
const ended = 'behind a request that closes, nothing is read (9.6)';
const once = 'a request has one answer';
const ambiguous = 'somebody else may read it in another way; Node 22 refuses it, too';
const logged = 'Node would write a warning to stderr, with a password in it';

const CRLF = '\r\n';
/** A message of these lines, with the empty line behind them. */
const lines = (...all: string[]) => [...all, '', ''].join(CRLF);
/** A valid request with these header lines. */
const get = (...headers: string[]) => lines('GET / HTTP/1.1', 'Host: a', ...headers);
const post = (headers: string[], body = '') => lines('POST / HTTP/1.1', 'Host: a', ...headers) + body;
/** A valid request but for its request line. */
const line = (requestLine: string) => lines(requestLine, 'Host: a');
/** A chunked request with this body. */
const chunks = (body: string) => post(['Transfer-Encoding: chunked'], body);
const hello = `5${CRLF}hello${CRLF}0${CRLF}${CRLF}`;

/** By RFC and section, and what is special about the bytes. */
export const corpus: Record<string, Record<string, Entry>> = {
  '9112 2.2 message parsing': {
    'an empty line before the request line': [CRLF + get(), served],
    'three empty lines before it': [CRLF.repeat(3) + get(), served],
    'a bare LF before it': [`\n${get()}`, served],
    'a bare CR before it': [`\r${get()}`, served],
    'a space before it': [` ${get()}`, refused],
    'a NUL before it': [`\0${get()}`, refused],
    'lines that end in LF alone': ['GET / HTTP/1.1\nHost: a\n\n', refused],
    'a request line that ends in LF alone': [`GET / HTTP/1.1\nHost: a${CRLF}${CRLF}`, refused],
    'a header line that ends in LF alone': [`GET / HTTP/1.1${CRLF}Host: a\nX: y${CRLF}${CRLF}`, refused],
    'a head that ends in LF alone': [`GET / HTTP/1.1${CRLF}Host: a${CRLF}\n`, refused],
    'a head that ends in CR CR LF': [`GET / HTTP/1.1${CRLF}Host: a${CRLF}\r${CRLF}`, refused],
    'lines that end in CR alone': ['GET / HTTP/1.1\rHost: a\r\r', refused],
    'white space between request line and headers': [`GET / HTTP/1.1${CRLF} ${CRLF}Host: a${CRLF}${CRLF}`, refused],
    'a header line that begins with a space, first of all': [lines('GET / HTTP/1.1', ' X: y', 'Host: a'), refused],
    'a byte order mark': [`\u00ef\u00bb\u00bf${get()}`, refused],
    'the hello of TLS': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', refused],
    'an answer in the place of a request': [lines('HTTP/1.1 200 OK', 'Content-Length: 0'), refused],
    'text that is no HTTP': [`Hello!${CRLF}${CRLF}`, refused],
    SSH: [`SSH-2.0-OpenSSH_9.6${CRLF}`, refused],
  },
  '9112 2.3 version': {
    'HTTP/1.0': [lines('GET / HTTP/1.0', 'Host: a'), last],
    'HTTP/1.2': [line('GET / HTTP/1.2'), refused],
    'HTTP/1.9': [line('GET / HTTP/1.9'), refused],
    'HTTP/2.0': [line('GET / HTTP/2.0'), last],
    'HTTP/0.9, as a version': [line('GET / HTTP/0.9'), last],
    'HTTP/0.9': [`GET /${CRLF}${CRLF}`, last],
    'no version': [line('GET /'), last],
    'no version, but its space': [line('GET / '), refused],
    'a version in lower case': [line('GET / http/1.1'), refused],
    'a version of one part': [line('GET / HTTP/1'), refused],
    'a version of no minor part': [line('GET / HTTP/1.'), refused],
    'a version of two digits': [line('GET / HTTP/1.10'), refused],
    'a version with a comma': [line('GET / HTTP/1,1'), refused],
    'a version with a space': [line('GET / HTTP/ 1.1'), refused],
    'another protocol': [line('GET / ICE/1.0'), refused],
    'the preface of HTTP/2': [`PRI * HTTP/2.0${CRLF}${CRLF}SM${CRLF}${CRLF}`, refused],
  },
  '9112 3 request line': {
    'two spaces before the target': [line('GET  / HTTP/1.1'), served],
    'two spaces behind the target': [line('GET /  HTTP/1.1'), served],
    'a tab before the target': [line('GET\t/ HTTP/1.1'), refused],
    'a tab behind the target': [line('GET /\tHTTP/1.1'), refused],
    'a space at the end': [line('GET / HTTP/1.1 '), refused],
    'something behind the version': [line('GET / HTTP/1.1 x'), refused],
    'a space in the target': [line('GET /a b HTTP/1.1'), refused],
    'no target': [line('GET HTTP/1.1'), refused],
    'no method': [line(' / HTTP/1.1'), refused],
    'a target of 4 KB': [line(`GET /${'a'.repeat(4 * 1024)} HTTP/1.1`), served],
    'a target of 9 KB': [line(`GET /${'a'.repeat(9 * 1024)} HTTP/1.1`), tooLarge],
    'a method of 100 letters': [line(`${'A'.repeat(100)} / HTTP/1.1`), becomes([404], 'closes', 0), refused, unknown],
    'a bare CR in it': [line('GET /\rx HTTP/1.1'), refused],
    'a NUL in it': [line('GET /\0 HTTP/1.1'), refused],
  },
  '9112 3.2 target': {
    'a query alone': [line('GET /?a=b&c HTTP/1.1'), served],
    'an empty segment': [line('GET //a//b HTTP/1.1'), served],
    dots: [line('GET /../../etc/passwd HTTP/1.1'), served],
    'broken percent-encoding': [line('GET /%zz HTTP/1.1'), served],
    'an encoded NUL': [line('GET /%00 HTTP/1.1'), served],
    'bytes beyond ASCII': [line('GET /\u00fc\u00ff HTTP/1.1'), refused],
    'a fragment': [line('GET /#a HTTP/1.1'), served],
    'characters that are to be encoded': [line('GET /<>"{}|\\^` HTTP/1.1'), served],
    'a control character': [line('GET /\x01 HTTP/1.1'), refused],
    DEL: [line('GET /\x7f HTTP/1.1'), refused],
    'no slash': [line('GET a HTTP/1.1'), refused],
    'a question mark first': [line('GET ?a HTTP/1.1'), refused],
    'the absolute form': [line('GET http://a/b?c HTTP/1.1'), served],
    'the absolute form of another host': [line('GET http://b/c HTTP/1.1'), served],
    'the absolute form without a path': [line('GET http://a HTTP/1.1'), served],
    'the absolute form with a password': [line('GET http://u:p@a/ HTTP/1.1'), served],
    'the absolute form of another scheme': [line('GET ftp://a/b HTTP/1.1'), served],
    'the absolute form of no host': [line('GET http:///b HTTP/1.1'), served],
    'the absolute form of a broken port': [
      line('GET http://a:x/ HTTP/1.1'),
      refused,
      since(26, becomes([404], 'stays', 0), served),
      logged,
    ],
    'the absolute form of a broken host': [
      line('GET http://a[b/ HTTP/1.1'),
      refused,
      becomes([404], 'stays', 0),
      logged,
    ],
    'the authority form, not by CONNECT': [line('GET a:80 HTTP/1.1'), refused],
    'the asterisk by OPTIONS': [line('OPTIONS * HTTP/1.1'), served],
    'the asterisk by GET': [line('GET * HTTP/1.1'), served],
    CONNECT: [line('CONNECT a:80 HTTP/1.1'), becomes([404], 'closes', 0), becomes([], 'closes', 0), connect],
    'CONNECT with a path': [line('CONNECT / HTTP/1.1'), becomes([404], 'closes', 0), becomes([], 'closes', 0), connect],
  },
  '9112 3.2, 9110 7.2 Host': {
    'no Host': [lines('GET / HTTP/1.1'), refused],
    'no Host, by HTTP/1.0': [lines('GET / HTTP/1.0'), last],
    'no Host, in the absolute form': [lines('GET http://a/ HTTP/1.1'), refused],
    'an empty Host': [lines('GET / HTTP/1.1', 'Host:'), served],
    'a Host of white space': [lines('GET / HTTP/1.1', 'Host:  \t'), served],
    'a Host with a port': [lines('GET / HTTP/1.1', 'Host: a:80'), served],
    'a Host with an empty port': [lines('GET / HTTP/1.1', 'Host: a:'), served],
    'an IPv4 address as Host': [lines('GET / HTTP/1.1', 'Host: 127.0.0.1'), served],
    'an IPv6 address as Host': [lines('GET / HTTP/1.1', 'Host: [::1]:80'), served],
    'a Host in upper case': [lines('GET / HTTP/1.1', 'HOST: A.EXAMPLE'), served],
    'a Host with an underscore': [lines('GET / HTTP/1.1', 'Host: a_b'), served],
    'white space around Host': [lines('GET / HTTP/1.1', 'Host: \t a \t '), served],
    'a Host with a control character': [lines('GET / HTTP/1.1', 'Host: a\x01b'), refused],
    'two Hosts': [lines('GET / HTTP/1.1', 'Host: a', 'Host: b'), refused, served, host],
    'the same Host twice': [lines('GET / HTTP/1.1', 'Host: a', 'Host: a'), refused, served, host],
    'two Hosts, the second in another case': [lines('GET / HTTP/1.1', 'Host: a', 'hOST: b'), refused, served, host],
    'two Hosts, by HTTP/1.0': [lines('GET / HTTP/1.0', 'Host: a', 'Host: b'), refused, last, host],
    'a list of Hosts': [lines('GET / HTTP/1.1', 'Host: a, b'), refused, served, host],
    'a Host with a space': [lines('GET / HTTP/1.1', 'Host: a b'), refused, served, host],
    'a Host with a path': [lines('GET / HTTP/1.1', 'Host: a/b'), refused, served, host],
    'a Host with a query': [lines('GET / HTTP/1.1', 'Host: a?b'), refused, served, host],
    'a Host with a user': [lines('GET / HTTP/1.1', 'Host: u@a'), refused, served, host],
    'a Host with a scheme': [lines('GET / HTTP/1.1', 'Host: http://a'), refused, served, host],
    'a Host with a broken port': [lines('GET / HTTP/1.1', 'Host: a:b'), refused, served, host],
    'a Host with two ports': [lines('GET / HTTP/1.1', 'Host: a:1:2'), refused, served, host],
    'half an IPv6 address as Host': [lines('GET / HTTP/1.1', 'Host: [::1'), refused, served, host],
    'a Host beyond ASCII': [lines('GET / HTTP/1.1', 'Host: \u00fc'), refused, served, host],
    'a Host with quotation marks': [lines('GET / HTTP/1.1', 'Host: "a"'), refused, served, host],
  },
  '9112 5 field syntax': {
    'an empty value': [get('X:'), served],
    'no space before a value': [get('X:y'), served],
    'white space around a value': [get('X: \t y \t'), served],
    'a colon in a value': [get('X: y: z'), served],
    'bytes beyond ASCII in a value': [get('X: \u00fc\u00ff'), served],
    'a tab in a value': [get('X: y\tz'), served],
    'every character of a token as a name': [get("!#$%&'*+-.^_`|~09azAZ: y"), served],
    'a name of 1000 characters': [get(`${'X'.repeat(1000)}: y`), served],
    'a name of an object': [get('__proto__: y', 'constructor: z'), served],
    'a space before the colon': [get('X : y'), refused],
    'a tab before the colon': [get('X\t: y'), refused],
    'a space in a name': [get('X Y: z'), refused],
    'a line without a colon': [get('X'), refused],
    'no name': [get(': y'), refused],
    'a name with a parenthesis': [get('X(: y'), refused],
    'a name with a slash': [get('X/Y: z'), refused],
    'a name with quotation marks': [get('"X": y'), refused],
    'a name beyond ASCII': [get('\u00fc: y'), refused],
    'a name with a control character': [get('X\x01: y'), refused],
    'a name with a NUL': [get('X\0: y'), refused],
    'a NUL in a value': [get('X: y\0z'), refused],
    'a control character in a value': [get('X: y\x01z'), refused],
    'DEL in a value': [get('X: y\x7fz'), refused],
    'a bare CR in a value': [get('X: y\rz'), refused],
    'a bare CR that hides a header': [get('X: y\rContent-Length: 5'), refused],
    'a bare LF in a value': [get('X: y\nz'), refused],
    'a bare CR at the end of a value': [get('X: y\r'), refused],
    'a bare CR in a name': [get('X\rY: z'), refused],
    'a value of 9 KB': [get(`X: ${'y'.repeat(9 * 1024)}`), tooLarge],
    '9 KB of short headers': [get(...Array<string>(900).fill('X-Y: 1234567')), tooLarge],
    '1000 headers': [get(...Array<string>(999).fill('X:')), served],
    'Cookie twice': [get('Cookie: a=b', 'Cookie: c=d'), served],
    'Authorization twice': [get('Authorization: a', 'Authorization: b'), served],
    '1001 headers': [
      get(...Array<string>(1000).fill('X:')),
      tooLarge,
      since(22, tooLarge, served),
      'Node 20 leaves out, without a word, the headers above a number',
    ],
  },
  '9112 5.2 line folding': {
    'a folded value': [get('X: y', ' z'), refused],
    'a value folded by a tab': [get('X: y', '\tz'), refused],
    'a folded value, first empty': [get('X:', ' y'), refused],
    'a line of a space alone': [get('X: y', ' '), refused],
    'a folded Host': [lines('GET / HTTP/1.1', 'Host: a', ' b'), refused],
    'a folded Content-Length': [post(['Content-Length: 5', ' 0'], 'hello'), refused],
    'a folded Transfer-Encoding': [post(['Transfer-Encoding:', ' chunked'], hello), refused],
  },
  '9112 6.1 Transfer-Encoding': {
    chunked: [chunks(hello), served],
    'in upper case': [post(['Transfer-Encoding: CHUNKED'], hello), served],
    'with white space around it': [post(['Transfer-Encoding: \tchunked \t'], hello), broken],
    'by GET': [get('Transfer-Encoding: chunked') + hello, served],
    'with Content-Length behind it': [post(['Transfer-Encoding: chunked', 'Content-Length: 5'], hello), refused],
    'with Content-Length before it': [post(['Content-Length: 5', 'Transfer-Encoding: chunked'], hello), refused],
    'with Content-Length: 0': [post(['Content-Length: 0', 'Transfer-Encoding: chunked'], hello), refused],
    'with a broken Content-Length': [post(['Transfer-Encoding: chunked', 'Content-Length: x'], hello), refused],
    'chunked twice in a list': [post(['Transfer-Encoding: chunked, chunked'], hello), refused],
    'chunked twice in two lines': [post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], hello), refused],
    'gzip, chunked': [post(['Transfer-Encoding: gzip, chunked'], hello), served],
    'gzip and chunked in two lines': [post(['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'], hello), served],
    'chunked, gzip': [post(['Transfer-Encoding: chunked, gzip'], hello), refused],
    'chunked and gzip in two lines': [post(['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip'], hello), refused],
    'chunked and identity in two lines': [
      post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], hello),
      refused,
    ],
    gzip: [post(['Transfer-Encoding: gzip'], 'hello'), broken],
    identity: [post(['Transfer-Encoding: identity'], 'hello'), broken],
    'identity, with Content-Length': [post(['Transfer-Encoding: identity', 'Content-Length: 5'], 'hello'), refused],
    'an unknown coding': [post(['Transfer-Encoding: x'], 'hello'), broken],
    'a name that ends in chunked': [post(['Transfer-Encoding: xchunked'], hello), broken],
    'a name that begins with chunked': [post(['Transfer-Encoding: chunkedx'], hello), broken],
    'chunked in quotation marks': [post(['Transfer-Encoding: "chunked"'], hello), broken],
    'chunked with a parameter': [post(['Transfer-Encoding: chunked;a=b'], hello), broken],
    'chunked with a space in it': [post(['Transfer-Encoding: chun ked'], hello), broken],
    'chunked behind a vertical tab': [post(['Transfer-Encoding: \x0bchunked'], hello), refused],
    'chunked before a NUL': [post(['Transfer-Encoding: chunked\0'], hello), refused],
    'chunked behind an empty element': [post(['Transfer-Encoding: , chunked'], hello), served],
    'chunked before an empty element': [post(['Transfer-Encoding: chunked,'], hello), refused],
    'an empty value': [post(['Transfer-Encoding:']), refused, since(22, refused, served), ambiguous],
    'an empty value, with Content-Length': [
      post(['Transfer-Encoding:', 'Content-Length: 5'], 'hello'),
      refused,
      since(22, refused, served),
      ambiguous,
    ],
    'a space before the colon': [post(['Transfer-Encoding : chunked'], hello), refused],
    'an underscore in the name': [post(['Transfer_Encoding: chunked', 'Content-Length: 5'], 'hello'), served],
    'by HTTP/1.0': [lines('POST / HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked') + hello, last],
    'by HTTP/1.0, with Content-Length': [
      lines('POST / HTTP/1.0', 'Host: a', 'Content-Length: 5', 'Transfer-Encoding: chunked') + hello,
      refused,
    ],
    'behind a bare CR': [post(['X: y\rTransfer-Encoding: chunked', 'Content-Length: 5'], 'hello'), refused],
    'by HTTP/1.0 that keeps the connection': [
      lines('POST / HTTP/1.0', 'Host: a', 'Connection: keep-alive', 'Transfer-Encoding: chunked') + hello,
      last,
      served,
      'where the body ends is not certain (6.1)',
    ],
  },
  '9112 6.2, 6.3, 9110 8.6 Content-Length': {
    'a body': [post(['Content-Length: 5'], 'hello'), served],
    'none, and no body': [post([]), served],
    '0': [post(['Content-Length: 0']), served],
    'by GET': [get('Content-Length: 5') + 'hello', served],
    'zeros before it': [post(['Content-Length: 0005'], 'hello'), served],
    'white space around it': [post(['Content-Length: \t5 '], 'hello'), served],
    'the same twice': [post(['Content-Length: 5', 'Content-Length: 5'], 'hello'), refused],
    'two values': [post(['Content-Length: 5', 'Content-Length: 6'], 'hello!'), refused],
    'a list of the same': [post(['Content-Length: 5, 5'], 'hello'), refused],
    'a list of two values': [post(['Content-Length: 5, 6'], 'hello!'), refused],
    negative: [post(['Content-Length: -5'], 'hello'), refused],
    'minus zero': [post(['Content-Length: -0']), refused],
    'a plus sign': [post(['Content-Length: +5'], 'hello'), refused],
    'a fraction': [post(['Content-Length: 5.0'], 'hello'), refused],
    'an exponent': [post(['Content-Length: 5e0'], 'hello'), refused],
    hexadecimal: [post(['Content-Length: 0x5'], 'hello'), refused],
    'two numbers': [post(['Content-Length: 5 5'], 'hello'), refused],
    'an underscore': [post(['Content-Length: 0_5'], 'hello'), refused],
    'no number': [post(['Content-Length: five'], 'hello'), refused],
    'an empty value': [post(['Content-Length:']), refused],
    'quotation marks': [post(['Content-Length: "5"'], 'hello'), refused],
    'a digit beyond ASCII': [post(['Content-Length: \u00b2'], 'he'), refused],
    'more than 64 bits': [post(['Content-Length: 18446744073709551621'], 'hello'), refused],
    'more than 53 bits': [
      post(['Content-Length: 9007199254740993'], 'hello'),
      becomes([413], 'waits', 0),
      becomes([], 'waits', 1),
      limited,
    ],
    'a space before the colon': [post(['Content-Length : 5'], 'hello'), refused],
    'more than MAX_BODY_SIZE': [
      post(['Content-Length: 1001', 'Connection: close']),
      becomes([413], 'closes', 0),
      becomes([], 'waits', 1),
      limited,
    ],
    'another request behind its body': [post(['Content-Length: 5'], 'hello') + get(), servedTwice],
    'a body longer than it': [post(['Content-Length: 4'], 'hello'), becomes([200, 400], 'closes', 1), broken, first],
  },
  '9112 7.1 chunks': {
    'two chunks': [chunks(`2${CRLF}he${CRLF}3${CRLF}llo${CRLF}0${CRLF}${CRLF}`), served],
    'no chunk': [chunks(`0${CRLF}${CRLF}`), served],
    'sizes in both cases': [chunks(`a${CRLF}0123456789${CRLF}A${CRLF}0123456789${CRLF}0${CRLF}${CRLF}`), served],
    'zeros before a size': [chunks(`0005${CRLF}hello${CRLF}000${CRLF}${CRLF}`), served],
    'many zeros before a size': [chunks(`${'0'.repeat(30)}5${CRLF}hello${CRLF}0${CRLF}${CRLF}`), served],
    'no hexadecimal size': [chunks(`x${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a half hexadecimal size': [chunks(`5x${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'no size': [chunks(`${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a negative size': [chunks(`-5${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a size with a plus sign': [chunks(`+5${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a size with 0x': [chunks(`0x5${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'an underscore in a size': [chunks(`0_5${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a space before a size': [chunks(` 5${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a space behind a size': [chunks(`5 ${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a tab behind a size': [chunks(`5\t${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a size of more than 64 bits': [chunks(`10000000000000005${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a size of 64 bits': [chunks(`ffffffffffffffff${CRLF}hello${CRLF}0${CRLF}${CRLF}`), becomes([], 'waits', 1)],
    'a chunk longer than its size': [chunks(`4${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a chunk shorter than its size': [chunks(`6${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'no line end behind a chunk': [chunks(`5${CRLF}hello0${CRLF}${CRLF}`), broken],
    'LF alone behind a size': [chunks(`5\nhello${CRLF}0${CRLF}${CRLF}`), broken],
    'CR alone behind a size': [chunks(`5\rhello${CRLF}0${CRLF}${CRLF}`), broken],
    'LF alone behind a chunk': [chunks(`5${CRLF}hello\n0${CRLF}${CRLF}`), broken],
    'CR alone behind a chunk': [chunks(`5${CRLF}hello\r0${CRLF}${CRLF}`), broken],
    'LF alone behind the last size': [chunks(`5${CRLF}hello${CRLF}0\n${CRLF}`), broken],
    'LF alone at the end': [chunks(`5${CRLF}hello${CRLF}0${CRLF}\n`), broken],
    'a NUL in a size': [chunks(`5\0${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'another request behind them': [chunks(hello) + get(), servedTwice],
    'more than MAX_BODY_SIZE': [
      chunks(`3e9${CRLF}${'x'.repeat(1001)}${CRLF}0${CRLF}${CRLF}`),
      becomes([413], 'closes', 1),
      served,
      limited,
    ],
  },
  '9112 7.1.1 chunk extensions': {
    'a name': [chunks(`5;a${CRLF}hello${CRLF}0${CRLF}${CRLF}`), served],
    'a value': [chunks(`5;a=b${CRLF}hello${CRLF}0;c=d${CRLF}${CRLF}`), served],
    'a quoted value': [chunks(`5;a="b;c\\"d"${CRLF}hello${CRLF}0${CRLF}${CRLF}`), served],
    'white space': [chunks(`5 ; a = b${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'no name': [chunks(`5;${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'LF alone behind it': [chunks(`5;a\nhello${CRLF}0${CRLF}${CRLF}`), broken],
    'a bare CR in it': [chunks(`5;a\rb${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a line end in a quoted value': [chunks(`5;a="${CRLF}"${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    'a NUL in it': [chunks(`5;a\0${CRLF}hello${CRLF}0${CRLF}${CRLF}`), broken],
    '20 KB of it': [
      chunks(`5;${'a'.repeat(20 * 1024)}${CRLF}hello${CRLF}0${CRLF}${CRLF}`),
      becomes([413], 'closes', 1),
    ],
  },
  '9112 7.1.2 trailers': {
    one: [chunks(`0${CRLF}X: y${CRLF}${CRLF}`), served],
    'a second Host': [chunks(`0${CRLF}Host: b${CRLF}${CRLF}`), served],
    'Content-Length': [chunks(`0${CRLF}Content-Length: 5${CRLF}${CRLF}`), broken],
    'Transfer-Encoding': [chunks(`0${CRLF}Transfer-Encoding: chunked${CRLF}${CRLF}`), broken],
    'a space before the colon': [chunks(`0${CRLF}X : y${CRLF}${CRLF}`), broken],
    'no colon': [chunks(`0${CRLF}X${CRLF}${CRLF}`), broken],
    'a folded value': [chunks(`0${CRLF}X: y${CRLF} z${CRLF}${CRLF}`), broken],
    'LF alone': [chunks(`0${CRLF}X: y\n${CRLF}`), broken],
    'a bare CR in a value': [chunks(`0${CRLF}X: y\rz${CRLF}${CRLF}`), broken],
    '9 KB': [chunks(`0${CRLF}X: ${'y'.repeat(9 * 1024)}${CRLF}${CRLF}`), becomes([431], 'closes', 1)],
  },
  '9112 9.3 persistence': {
    'HTTP/1.1': [get(), served],
    'HTTP/1.1 that closes': [get('Connection: close'), last],
    'close in upper case, in a list': [get('Connection: x, CLOSE'), last],
    'close in the second of two lines': [get('Connection: keep-alive', 'Connection: close'), last],
    'close and keep-alive': [get('Connection: close, keep-alive'), last],
    'a list with empty elements': [get('Connection: ,, close ,'), last],
    'a name that begins with close': [get('Connection: closed'), served],
    'HTTP/1.0 that keeps the connection': [lines('GET / HTTP/1.0', 'Connection: keep-alive'), served],
    'HTTP/1.0 that keeps the connection, in upper case': [lines('GET / HTTP/1.0', 'Connection: KEEP-ALIVE'), served],
    'HTTP/1.0 that closes': [lines('GET / HTTP/1.0', 'Connection: close'), last],
    'Keep-Alive of its own': [get('Keep-Alive: timeout=1000, max=2'), served],
    'three pipelined requests': [get() + get() + get(), becomes([200, 200, 200], 'stays', 3)],
    'an empty line between two requests': [get() + CRLF + get(), servedTwice],
    'HEAD and GET': [lines('HEAD / HTTP/1.1', 'Host: a') + get(), servedTwice],
    'a body that is not read': [
      lines('POST /early HTTP/1.1', 'Host: a', 'Content-Length: 5') + 'hello' + get(),
      servedTwice,
    ],
    'an upgrade to something': [get('Connection: Upgrade', 'Upgrade: x'), served],
    'an upgrade by POST, and its body': [
      post(['Connection: Upgrade', 'Upgrade: x', 'Content-Length: 5'], 'hello'),
      served,
    ],
    'a request behind one that closes': [get('Connection: close') + get(), last, broken, ended],
    'a request behind one of HTTP/1.0': [lines('GET / HTTP/1.0') + get(), last, broken, ended],
    'broken bytes alone behind an answer that was early, in its body': [
      lines('POST /early HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked') + `x${CRLF}`,
      last,
    ],
    'broken bytes behind a request': [`${get()}x${CRLF}${CRLF}`, becomes([200, 400], 'closes', 1), broken, first],
    'broken bytes behind two requests': [
      `${get()}${get()}x${CRLF}${CRLF}`,
      becomes([200, 200, 400], 'closes', 2),
      becomes([400], 'closes', 2),
      first,
    ],
    'a broken request behind a slow one': [
      line('GET /slow HTTP/1.1') + get('X : y'),
      becomes([200, 400], 'closes', 1),
      broken,
      first,
    ],
    'a broken body behind a slow request': [
      line('GET /slow HTTP/1.1') + chunks(`x${CRLF}`),
      becomes([200, 400], 'closes', 2),
      becomes([400], 'closes', 2),
      first,
    ],
    'CONNECT behind a slow request': [
      line('GET /slow HTTP/1.1') + line('CONNECT a:80 HTTP/1.1'),
      becomes([200, 404], 'closes', 1),
      becomes([], 'closes', 1),
      first,
    ],
  },
  '9110 9.1 methods': {
    HEAD: [line('HEAD / HTTP/1.1'), served],
    PUT: [lines('PUT / HTTP/1.1', 'Host: a', 'Content-Length: 5') + 'hello', served],
    DELETE: [line('DELETE / HTTP/1.1'), served],
    PATCH: [lines('PATCH / HTTP/1.1', 'Host: a', 'Content-Length: 5') + 'hello', served],
    OPTIONS: [line('OPTIONS / HTTP/1.1'), served],
    TRACE: [line('TRACE / HTTP/1.1'), served],
    PROPFIND: [line('PROPFIND / HTTP/1.1'), served],
    'M-SEARCH': [line('M-SEARCH * HTTP/1.1'), served],
    QUERY: [line('QUERY / HTTP/1.1'), served],
    'one that nobody knows': [line('BREW / HTTP/1.1'), becomes([404], 'closes', 0), refused, unknown],
    'one that nobody knows, with a body': [
      lines('BREW / HTTP/1.1', 'Host: a', 'Content-Length: 5') + 'hello',
      becomes([404], 'closes', 0),
      refused,
      unknown,
    ],
    'in lower case': [line('get / HTTP/1.1'), refused],
    'in mixed case': [line('Get / HTTP/1.1'), refused],
    'with a digit': [line('GET2 / HTTP/1.1'), refused],
    'with a parenthesis': [line('GE(T / HTTP/1.1'), refused],
    'beyond ASCII': [line('G\u00cbT / HTTP/1.1'), refused],
    'that begins as another': [line('POSTER / HTTP/1.1'), becomes([404], 'closes', 0), refused, unknown],
  },
  '9110 10.1.1 Expect': {
    '100-continue': [post(['Expect: 100-continue', 'Content-Length: 5'], 'hello'), continued],
    '100-continue in another case': [post(['Expect: 100-Continue', 'Content-Length: 5'], 'hello'), continued],
    '100-continue in chunks': [post(['Expect: 100-continue', 'Transfer-Encoding: chunked'], hello), continued],
    '100-continue without a body': [get('Expect: 100-continue'), continued],
    '100-continue by HTTP/1.0': [
      lines('POST / HTTP/1.0', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5') + 'hello',
      last,
    ],
    '100-continue with too large a body': [
      post(['Expect: 100-continue', 'Content-Length: 1001']),
      becomes([413], 'closes', 0),
      becomes([100], 'waits', 1),
      limited,
    ],
    '100-continue twice': [
      post(['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 5'], 'hello'),
      becomes([417], 'closes', 0),
      continued,
      'two expectations are read as one that is unknown',
    ],
    'something else': [
      post(['Expect: x', 'Content-Length: 5'], 'hello'),
      becomes([417], 'closes', 0),
      becomes([417], 'stays', 0),
      uncertain,
    ],
    'something that begins with 100-continue': [
      post(['Expect: 100-continued', 'Content-Length: 5'], 'hello'),
      becomes([417], 'closes', 0),
      becomes([417], 'stays', 0),
      uncertain,
    ],
    'an empty value': [
      post(['Expect:', 'Content-Length: 5'], 'hello'),
      becomes([417], 'closes', 0),
      becomes([417], 'stays', 0),
      uncertain,
    ],
  },
  '9110 13 conditions': {
    'If-None-Match that matches': [lines('GET /tagged HTTP/1.1', 'Host: a', 'If-None-Match: "x", W/"1"'), notModified],
    'If-None-Match of all': [lines('GET /tagged HTTP/1.1', 'Host: a', 'If-None-Match: *'), notModified],
    'If-None-Match without quotation marks': [lines('GET /tagged HTTP/1.1', 'Host: a', 'If-None-Match: 1'), served],
    'If-None-Match in two lines': [
      lines('GET /tagged HTTP/1.1', 'Host: a', 'If-None-Match: "x"', 'If-None-Match: "1"'),
      notModified,
    ],
    'an empty If-None-Match': [lines('GET /tagged HTTP/1.1', 'Host: a', 'If-None-Match:'), served],
    'a broken If-Modified-Since': [lines('GET /file HTTP/1.1', 'Host: a', 'If-Modified-Since: yesterday'), served],
    'If-Modified-Since of a time to come': [
      lines('GET /file HTTP/1.1', 'Host: a', 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT'),
      notModified,
    ],
    'If-Unmodified-Since of a time gone by': [
      lines('GET /file HTTP/1.1', 'Host: a', 'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT'),
      becomes([412], 'stays', 1),
    ],
    'If-Match that does not match': [
      lines('GET /file HTTP/1.1', 'Host: a', 'If-Match: "x"'),
      becomes([412], 'stays', 1),
    ],
  },
  '9110 14 ranges': {
    'one byte': [lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=0-0'), part],
    'the last bytes': [lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=-3'), part],
    'more than there is': [lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=5-99999999999999999999'), part],
    'behind the end': [lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=100-'), becomes([416], 'stays', 1)],
    'the end before the beginning': [
      lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=5-1'),
      becomes([416], 'stays', 1),
    ],
    several: [lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=0-1,3-4'), served],
    'a hundred': [
      lines('GET /file HTTP/1.1', 'Host: a', `Range: bytes=${Array<string>(100).fill('0-').join(',')}`),
      part,
    ],
    'no numbers': [lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=a-b'), served],
    'another unit': [lines('GET /file HTTP/1.1', 'Host: a', 'Range: lines=0-1'), served],
    'no unit': [lines('GET /file HTTP/1.1', 'Host: a', 'Range: 0-1'), served],
    'by POST': [lines('POST /file HTTP/1.1', 'Host: a', 'Range: bytes=0-0', 'Content-Length: 0'), served],
    'If-Range that does not match': [
      lines('GET /file HTTP/1.1', 'Host: a', 'Range: bytes=0-0', 'If-Range: "x"'),
      served,
    ],
  },
};

/** The same, of a client that ends its side of the connection behind them. */
export const halfClosed: Record<string, Entry> = {
  'no request': ['', becomes([], 'closes', 0)],
  'a request': [get(), last],
  'two requests': [get() + get(), becomes([200, 200], 'closes', 2)],
  'a request that is answered later': [line('GET /ended HTTP/1.1'), last, becomes([], 'closes', 1), first],
  'another request behind it': [
    line('GET /ended HTTP/1.1') + get(),
    becomes([200, 200], 'closes', 2),
    becomes([], 'closes', 2),
    first,
  ],
  'half a method': ['GE', refused],
  'half a request line': ['GET / HT', refused],
  'half a head': [`GET / HTTP/1.1${CRLF}Host: a${CRLF}`, refused],
  'half a body': [post(['Content-Length: 10'], 'hello'), broken],
  'half a chunk': [chunks(`a${CRLF}hello`), broken],
  'chunks without the last one': [chunks(`5${CRLF}hello${CRLF}`), broken],
  'half a body behind an early answer': [
    lines('POST /early HTTP/1.1', 'Host: a', 'Content-Length: 10') + 'hello',
    last,
    becomes([200, 400], 'closes', 1),
    once,
  ],
  'half a request behind a whole one': [`${get()}GE`, becomes([200, 400], 'closes', 1)],
};
