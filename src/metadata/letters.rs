//! Invisible characters, and letters that look like Latin letters. Copied text can contain both.
//!
//! Not here: messages, which the callers compose.

use std::fmt;

/// An invisible character and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    pub character: char,
    /// Counted from 1, in characters.
    pub position: usize,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at character {}", named(self.character), self.position)
    }
}

/// Ranges of invisible characters, with their Unicode names.
const UNSEEN: &[(char, char, &str)] = &[
    ('\u{80}', '\u{9F}', "a control character"),
    ('\u{AD}', '\u{AD}', "SOFT HYPHEN"),
    ('\u{34F}', '\u{34F}', "COMBINING GRAPHEME JOINER"),
    ('\u{61C}', '\u{61C}', "ARABIC LETTER MARK"),
    ('\u{115F}', '\u{1160}', "HANGUL FILLER"),
    ('\u{17B4}', '\u{17B5}', "KHMER INHERENT VOWEL"),
    ('\u{180B}', '\u{180F}', "MONGOLIAN VARIATION SELECTOR"),
    ('\u{200B}', '\u{200B}', "ZERO WIDTH SPACE"),
    ('\u{200C}', '\u{200C}', "ZERO WIDTH NON-JOINER"),
    ('\u{200D}', '\u{200D}', "ZERO WIDTH JOINER"),
    ('\u{200E}', '\u{200E}', "LEFT-TO-RIGHT MARK"),
    ('\u{200F}', '\u{200F}', "RIGHT-TO-LEFT MARK"),
    ('\u{2028}', '\u{2028}', "LINE SEPARATOR"),
    ('\u{2029}', '\u{2029}', "PARAGRAPH SEPARATOR"),
    ('\u{202A}', '\u{202A}', "LEFT-TO-RIGHT EMBEDDING"),
    ('\u{202B}', '\u{202B}', "RIGHT-TO-LEFT EMBEDDING"),
    ('\u{202C}', '\u{202C}', "POP DIRECTIONAL FORMATTING"),
    ('\u{202D}', '\u{202D}', "LEFT-TO-RIGHT OVERRIDE"),
    ('\u{202E}', '\u{202E}', "RIGHT-TO-LEFT OVERRIDE"),
    ('\u{2060}', '\u{2060}', "WORD JOINER"),
    ('\u{2061}', '\u{2064}', "an invisible operator"),
    ('\u{2065}', '\u{2065}', "a format character"),
    ('\u{2066}', '\u{2066}', "LEFT-TO-RIGHT ISOLATE"),
    ('\u{2067}', '\u{2067}', "RIGHT-TO-LEFT ISOLATE"),
    ('\u{2068}', '\u{2068}', "FIRST STRONG ISOLATE"),
    ('\u{2069}', '\u{2069}', "POP DIRECTIONAL ISOLATE"),
    ('\u{206A}', '\u{206F}', "a format character"),
    ('\u{2800}', '\u{2800}', "BRAILLE PATTERN BLANK"),
    ('\u{3164}', '\u{3164}', "HANGUL FILLER"),
    ('\u{FE00}', '\u{FE0F}', "VARIATION SELECTOR"),
    ('\u{FEFF}', '\u{FEFF}', "ZERO WIDTH NO-BREAK SPACE, the byte-order mark"),
    ('\u{FFA0}', '\u{FFA0}', "HALFWIDTH HANGUL FILLER"),
    ('\u{FFF0}', '\u{FFFB}', "a format character"),
    ('\u{13430}', '\u{1343F}', "a format character"),
    ('\u{1BCA0}', '\u{1BCA3}', "a format character"),
    ('\u{1D173}', '\u{1D17A}', "a format character"),
    ('\u{E0000}', '\u{E007F}', "a tag character"),
    ('\u{E0080}', '\u{E0FFF}', "VARIATION SELECTOR"),
];

/// Spaces other than U+0020. They are invisible at the start and end of a string.
const SPACES: &[(char, char, &str)] = &[
    ('\u{A0}', '\u{A0}', "NO-BREAK SPACE"),
    ('\u{1680}', '\u{1680}', "OGHAM SPACE MARK"),
    ('\u{2000}', '\u{2006}', "a typographic space"),
    ('\u{2007}', '\u{2007}', "FIGURE SPACE"),
    ('\u{2008}', '\u{200A}', "a typographic space"),
    ('\u{202F}', '\u{202F}', "NARROW NO-BREAK SPACE"),
    ('\u{205F}', '\u{205F}', "MEDIUM MATHEMATICAL SPACE"),
    ('\u{3000}', '\u{3000}', "IDEOGRAPHIC SPACE"),
];

fn name_in(ranges: &[(char, char, &'static str)], c: char) -> Option<&'static str> {
    ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&c)).map(|(_, _, name)| *name)
}

fn named(c: char) -> String {
    let name = name_in(UNSEEN, c).or_else(|| name_in(SPACES, c)).unwrap_or("a character");
    format!("U+{:04X} {name}", u32::from(c))
}

/// The first invisible character without a function. Joiners have a function in emoji and in joining scripts, and
/// direction marks in right-to-left text.
pub fn unseen(text: &str) -> Option<Unseen> {
    if text.is_ascii() {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    let is_space = |c: char| name_in(SPACES, c).is_some();
    let begins = letters.iter().take_while(|c| c.is_whitespace()).count();
    let ends = letters.len() - letters.iter().rev().take_while(|c| c.is_whitespace()).count();
    let is_right_to_left_text = letters.iter().any(|c| is_right_to_left(*c));
    let found = letters.iter().enumerate().find(|(at, c)| {
        if name_in(UNSEEN, **c).is_some() {
            let before = letters.iter().take(*at).rev().find(|c| name_in(UNSEEN, **c).is_none());
            let after = letters.iter().skip(at + 1).find(|c| name_in(UNSEEN, **c).is_none());
            return !has_function(**c, before.copied(), after.copied(), is_right_to_left_text);
        }
        is_space(**c) && (*at < begins || *at >= ends)
    });
    found.map(|(at, c)| Unseen { character: *c, position: at + 1 })
}

fn has_function(c: char, before: Option<char>, after: Option<char>, is_right_to_left_text: bool) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !c.is_whitespace() && !is_european(c));
    match c {
        '\u{200C}' | '\u{200D}' | '\u{34F}' => joins(before) && joins(after),
        '\u{FE00}'..='\u{FE0F}' => {
            joins(before) || before.is_some_and(|c| matches!(c, '0'..='9' | '#' | '*'))
        }
        '\u{180B}'..='\u{180F}' | '\u{17B4}'..='\u{17B5}' | '\u{E0100}'..='\u{E01EF}' => joins(before),
        // The flags of England, Scotland and Wales are encoded as a black flag followed by tag characters.
        '\u{E0020}'..='\u{E007F}' => before == Some('\u{1F3F4}'),
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202C}' | '\u{2066}'..='\u{2069}' => {
            is_right_to_left_text
        }
        _ => false,
    }
}

/// Whether a character is in a right-to-left block: Hebrew, Arabic, Syriac, Thaana, N'Ko and later blocks.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
        && name_in(UNSEEN, c).is_none()
}

/// Whether a character is from a European script. The letters of these scripts do not join.
fn is_european(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{58F}' | '\u{1E00}'..='\u{1FFF}')
}

/// A letter or digit that is not ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignLetter {
    pub letter: char,
    /// Counted from 1, in characters.
    pub position: usize,
    script: &'static str,
    /// The ASCII letter or digit that looks like this letter.
    alike: Option<char>,
}

impl fmt::Display for ForeignLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, position, code) = (self.letter, self.position, u32::from(self.letter));
        write!(f, "the letter {letter:?} at character {position} is {} (U+{code:04X})", self.script)?;
        match self.alike {
            Some(alike) => write!(f, ", not the Latin {alike}"),
            None => Ok(()),
        }
    }
}

/// The first letter or digit that is not ASCII.
pub fn foreign_letter(text: &str) -> Option<ForeignLetter> {
    let (at, letter) = text.chars().enumerate().find(|(_, c)| !c.is_ascii() && c.is_alphanumeric())?;
    Some(ForeignLetter { letter, position: at + 1, script: script(letter), alike: alike(letter) })
}

/// The text as it looks: lookalike letters are replaced by Latin letters, and invisible characters are removed.
pub fn as_seen(text: &str) -> String {
    let seen = text.chars().filter(|c| name_in(UNSEEN, *c).is_none());
    seen.map(|c| alike(c).unwrap_or(c)).collect()
}

/// Ranges of letters outside ASCII, with the name of their script for messages.
const SCRIPTS: &[(char, char, &str)] = &[
    ('\u{C0}', '\u{24F}', "a Latin letter outside A to Z"),
    ('\u{250}', '\u{2AF}', "phonetic"),
    ('\u{370}', '\u{3FF}', "Greek"),
    ('\u{400}', '\u{52F}', "Cyrillic"),
    ('\u{530}', '\u{58F}', "Armenian"),
    ('\u{590}', '\u{5FF}', "Hebrew"),
    ('\u{600}', '\u{6FF}', "Arabic"),
    ('\u{10A0}', '\u{10FF}', "Georgian"),
    ('\u{13A0}', '\u{13FF}', "Cherokee"),
    ('\u{1C80}', '\u{1C8F}', "Cyrillic"),
    ('\u{1D00}', '\u{1DBF}', "phonetic"),
    ('\u{1E00}', '\u{1EFF}', "a Latin letter outside A to Z"),
    ('\u{1F00}', '\u{1FFF}', "Greek"),
    ('\u{2100}', '\u{214F}', "a letter-like symbol"),
    ('\u{2160}', '\u{2188}', "a Roman numeral"),
    ('\u{2C80}', '\u{2CFF}', "Coptic"),
    ('\u{A4D0}', '\u{A4FF}', "Lisu"),
    ('\u{A640}', '\u{A69F}', "Cyrillic"),
    ('\u{AB70}', '\u{ABBF}', "Cherokee"),
    ('\u{FF10}', '\u{FF5A}', "full width"),
    ('\u{1D400}', '\u{1D7FF}', "mathematical"),
];

fn script(c: char) -> &'static str {
    name_in(SCRIPTS, c).unwrap_or("from another script")
}

/// Latin letters, each with its lookalikes.
const ALIKE: &[(char, &str)] = &[
    ('A', "АΑᎪꓮ"),
    ('B', "ВΒᏴꓐ"),
    ('C', "СϹᏟꓚⅭ"),
    ('D', "ᎠꓓⅮ"),
    ('E', "ЕΕᎬꓰ"),
    ('F', "Ϝꓝ"),
    ('G', "ԌᏀꓖ"),
    ('H', "НΗᎻꓧ"),
    ('I', "ІΙӀꓲⅠ"),
    ('J', "ЈͿᎫꓙ"),
    ('K', "КΚᏦꓗK"),
    ('L', "ԼᏞꓡⅬ"),
    ('M', "МΜᎷꓟⅯ"),
    ('N', "Νꓠ"),
    ('O', "ОΟՕꓳ"),
    ('P', "РΡᏢꓑ"),
    ('Q', "Ԛ"),
    ('R', "Ꭱꓣ"),
    ('S', "ЅՏᏚꓢ"),
    ('T', "ТΤᎢꓔ"),
    ('U', "Սꓴ"),
    ('V', "ѴᏙꓦⅤ"),
    ('W', "ԜᎳꓪ"),
    ('X', "ХΧꓫⅩ"),
    ('Y', "ҮΥУꓬ"),
    ('Z', "ΖᏃꓜ"),
    ('a', "аαɑ"),
    ('b', "Ьь"),
    ('c', "сϲⅽ"),
    ('d', "ԁⅾ"),
    ('e', "еεҽ"),
    ('g', "ɡցԍ"),
    ('h', "һհ"),
    ('i', "іιıⅰ"),
    ('j', "јϳ"),
    ('k', "кκ"),
    ('l', "ӏⅼ"),
    ('m', "мⅿ"),
    ('n', "ոпη"),
    ('o', "оοօ"),
    ('p', "рρ"),
    ('q', "ԛզ"),
    ('r', "гᴦ"),
    ('s', "ѕ"),
    ('t', "тτ"),
    ('u', "սυ"),
    ('v', "ѵνⅴ"),
    ('w', "ԝωѡ"),
    ('x', "хχⅹ"),
    ('y', "уүγ"),
    ('z', "ᴢ"),
];

/// The ASCII letter or digit that looks like this character.
fn alike(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let code = u32::from(c);
    let nth = |first: char, n: u32| char::from_u32(u32::from(first) + n);
    match code {
        0xFF10..=0xFF19 => return nth('0', code - 0xFF10),
        0xFF21..=0xFF3A => return nth('A', code - 0xFF21),
        0xFF41..=0xFF5A => return nth('a', code - 0xFF41),
        // Thirteen alphabets of bold, italic and other letters. Each begins with its capital letters.
        0x1D400..=0x1D6A3 => {
            let n = (code - 0x1D400) % 52;
            return if n < 26 { nth('A', n) } else { nth('a', n - 26) };
        }
        _ => {}
    }
    ALIKE.iter().find(|(_, others)| others.contains(c)).map(|(letter, _)| *letter)
}
