/*
 * Writing for a person: colour on a terminal, none in a pipe or with NO_COLOR
 * set; what a server said is shortened, and its control characters are shown.
 */

const colour = process.stdout.isTTY && !process.env.NO_COLOR
               && process.env.TERM !== 'dumb';

const paint = (code) => (s) => colour ? `\x1b[${code}m${s}\x1b[0m` : s;

export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const cyan = paint('36');

const width = () => Math.max(60, Math.min(process.stdout.columns ?? 100, 110));

/* one line of at most the given columns */
export function line(s, columns = width() - 8)
{
    const flat = s.replace(/\s+/g, ' ')
        .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/g,
                 (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

    return flat.length > columns ? `${flat.slice(0, columns - 1)}\u2026`
                                 : flat;
}

/* words on lines of the given width, each after the same indent */
export function wrap(s, indent, columns = width())
{
    const lines = [''];

    for (const word of s.split(' ')) {
        const last = lines.at(-1);

        if (last !== '' && indent.length + last.length + word.length >= columns)
        {
            lines.push(word);
        } else {
            lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
        }
    }

    return lines.map((l) => indent + l).join('\n');
}
