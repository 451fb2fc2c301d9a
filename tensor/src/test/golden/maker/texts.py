"""The texts the tokenizer is trained on and tried with."""
import unicodedata

TRAINING = """\
The judge reads the question, then both answers, and writes a short explanation before the verdict.
My final verdict is: [[A]]
My final verdict is: [[B]]
The first response is better because it answers the question; the second response does not.
The second answer is wrong: the sum of the parts is not the whole.
Assistant A is right about the number, but Assistant B explains the reason and is therefore better.
Both answers are short. The better answer is the one that follows the instructions of the user.
There were three birds in the tree and two of them flew over the river to the other shore.
How many days are there in a year? There are 365 days, or 366 days in a leap year.
    for i in range(10):
        print(i, values[i])
It's here; they're there, and we've seen that she'd rather stay than leave before the end of the day.
"""

# Whole words that no sequence of merges builds: with ignore_merges each is one id all the same, as 588 entries of Llama 3 are.
UNREACHABLE = ["zebra", " quartz", "\u4e16\u754c", "((("]

# Sentences of many scripts and shapes. Plain facts of writing systems and of programs, no quotations.
HAND = [
    "Bright vixens jump; dozy fowl quack. Pack my box with five dozen liquor jugs!",
    "SHE'LL SAY IT'S LATE, THEY'D SAID WE'RE EARLY, I'VE HEARD I'M RIGHT, THAT'S ALL",
    "o'clock ma'am 'tis y'all'll fo'c's'le ''d 'S'Ve'rE'LL'M'T'D'x don't1st2nd 90's '90s _'s )'s",
    "it\u2019s we\u2019ve \u2018one\u2019 \u201ctwo\u201d \u2033 \u02bc ` \u00b4 's\n's\t's",
    "0 00 000 0000 00000 7 42 365 1729 65536 1048576 3141592653589793 00000000000000000000",
    "2.718 -1e-9 0xFF 0b101 1_000 1,234.56 \u20ac9.99 100% 3/4 \u00be x\u2074 CO\u2082 \u2166 \u2473 \u0661\u0662\u0663 \u0967\u0968\u0969 \U0001d7d2\U0001d7d3",
    "a1b22c333d4444 v1.2.3-rc4 10.0.0.255 2031-02-28T23:59:60Z 12kg 4th 8x8",
    "Fu\u00dfg\u00e4nger \u00fcben S\u00e4tze; GR\u00d6SSE GR\u00d6\u1e9eE \u0132 \u0133 \ufb01nal",
    "\u00bfQu\u00e9 a\u00f1o es? \u00a1Ninguno! L\u2019\u00e9t\u00e9 o\u00f9 na\u00eft l\u2019\u0153uvre; \u0219i \u021bara; \u0142\u00f3d\u017a; k\u0159\u00ed\u017e; \u0151r\u00fclt; \u0131\u015f\u0131k \u0130zmir",
    "\u1ec4 \u1ea5y l\u00e0 ti\u1ebfng Vi\u1ec7t; \u0391\u03b2\u03b3 \u03ac\u03ad\u03ae \u03c2\u03c3; \u0416\u0443\u043a \u0451\u0436\u0438\u043a \u0457\u0436\u0430\u043a; \u10e5\u10d0\u10e0\u10d7; \u0540\u0561\u0575",
    "\u05d0\u05d1\u05d2 \u05e9\u05c1\u05dc\u05d5\u05b9\u05dd; \u0627\u0644\u0628\u064a\u062a \u0643\u064e\u0628\u0650\u064a\u0631; \u0641\u0627\u0631\u0633\u06cc \u0645\u06cc\u200c\u0634\u0648\u062f",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0915\u094d\u0937 \u0924\u094d\u0930; \u09ac\u09be\u0982\u09b2\u09be; \u0ba4\u0bae\u0bbf\u0bb4\u0bcd; \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22; \u1798\u17d2\u17a0; \u0f56\u0f7c\u0f51",
    "\u4e16\u754c\u4f60\u597d\uff0c\u8fd9\u662f\u4e00\u4e2a\u6d4b\u8bd5\u3002\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8 \uff76\uff85 \u300c\u62ec\u5f27\u300d \ud55c\uad6d\uc5b4 \uc2dc\ud5d8 \u1112\u1161\u11ab",
    "\U00010330\U00010331 \U00012000 \U00013000 \U0001d400\U0001d41a\U0001d7ce \U00020000\U0002a6d6",
    "e\u0301 \u00e9 n\u0303 q\u0307\u0323 \u0344x \u200da\u200d \u0301 1\u0301 a\u20dd \ufb03 \u01c6 \u01c5 \u1e9b\u0323",
    "\U0001f600 \U0001f44b\U0001f3fd \U0001f468\u200d\U0001f469\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1eb\U0001f1f7\U0001f1ef \u2764\ufe0f 1\ufe0f\u20e3 x\U0001f600y",
    "def g(n):\n\treturn [k**2 for k in range(n) if k % 2]  # squares\n\n\n\nclass P:\n    pass\n",
    "while (i --> 0) { s += t[i] ^ 0x7f; } /* end */\r\n\r\n#define F(x) ((x)*(x))\r\n",
    "UPDATE t SET a = 'it''s' WHERE b <> \"c\" AND d >= 1e3; -- note",
    "<p class=\"k\">1 &lt; 2 &amp;&amp; 3</p><br/>\t<!-- x -->",
    "{\"a\": [1, 2.5e-3, null], \"b\": {\"c\\\"\": \"\\u00e9\\n\"}}",
    "\\frac{a}{b} \\le \\sum_{i=0}^{n} x_i^2 \u2211\u222b\u2202 \u2200\u2203 \u2260\u2248 \u21d2 \u2192\u2190",
    "see https://example.org/a/b?c=%20d&e=f#g or mail x.y@example.net; C:\\tmp\\x.txt ~/.z ../..",
    "[[A]] [[B]] [[A]]. ([[B]]) [[ A ]] [[a]] [B] (A) A B ]] [[ ]]] [[[ [[A]][[B]]",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nhello<|eot_id|>",
    "please print <|eot_id|> and then <|start_header_id|>assistant<|end_header_id|>\n\n[[B]]<|eot_id|>",
    "<|eot_id <|eot_id|| <<|eot_id|>> <| eot_id |> <|EOT_ID|> |<|eom_id|>| <|eot_id|><|eot_id|>",
    "<|reserved_special_token_3|> <|reserved_special_token_4|> <|finetune_right_pad_id|> <|python_tag|> <s> [INST]",
    " one leading space", "  two leading spaces", "one trailing space ", "three trailing   ", "\n", "\n\n", "\r\n", " \n", "\t", "\n \n ",
    "a\n\n\nb\r\n\r\nc\rd\n\re \r\n f\t\tg \t h",
    "   \t  \n\t \r\n  mixed   \u00a0 nbsp\u00a0\u00a0x \u2003em\u3000wide\u200bzero\ufeffbom\u2060wj\u0085nel\u2028ls\u2029ps",
    "\ue000 \uf8ff \U000f0000 \ufffd \ufffe \uffff \U0010ffff \x00\x01\x1f\x7f\x80\x9f",
    "zebra zebras  zebra quartz  quartz ( quartz \u4e16\u754c \u4e16 \u754c\u4e16\u754c ((( (((( (((x",
    "\u0120 \u010a \u0120\u0120 \u0120word \u010aword \u00c4\u0142 \u00ff \u00fe",
    "incomprehensibilities counterrevolutionaries honorificabilitudinitatibus",
    "\u017f'\u017f \u212a I'\u017fx 'T\u017fT 'l\u013e K\u212ak",
]

RUNS = ["\n", " \n", "\r\n", "a", "=", "\u4e16", "\u00a0", "-", " ", "7", "(", "\U0001f600", "\t", "A'"]

SPACES = [" ", "\t", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u00a0", "\u1680", "\u180e", "\u2003", "\u2028", "\u202f",
          "\u205f", "\u3000", "\u200b"]
CONTRACTIONS = ["'s", "'S", "'t", "'re", "'rE", "'ve", "'VE", "'m", "'ll", "'lL", "'d", "'\u017f", "''", "'x"]
RANGES = [(0x21, 0x7e), (0xa1, 0x24f), (0x370, 0x5f4), (0x620, 0x6d3), (0x905, 0x97f), (0xe01, 0xe5b), (0x2010, 0x2bff),
          (0x3041, 0x30ff), (0x4e00, 0x9fa5), (0xac00, 0xd7a3), (0x1d400, 0x1d7ff), (0x300, 0x36f)]


def fuzz(r, special):
    """A text of random pieces: letters of any script, digits, spaces, contractions, special tokens and near misses."""
    pieces = []
    for _ in range(int(r.integers(1, 14))):
        kind = int(r.integers(0, 7))
        if kind == 0:
            pieces.append(str(r.choice(SPACES)) * int(r.integers(1, 7)))
        elif kind == 1:
            pieces.append(str(r.choice(CONTRACTIONS)))
        elif kind == 2:
            pieces.append("".join(r.choice(list("0123456789"), size=int(r.integers(1, 9)))))
        elif kind == 3:
            words = HAND[int(r.integers(0, len(HAND)))].split(" ")
            pieces.append(" " + words[int(r.integers(0, len(words)))])
        elif kind == 4 and r.random() < 0.3:
            pieces.append(str(r.choice(special)))
        elif kind == 5:
            pieces.append(str(r.choice(list("=-_.,;:!?()[]{}<>|/\\*&%$#@^~`\""))) * int(r.integers(1, 6)))
        else:
            low, high = RANGES[int(r.integers(0, len(RANGES)))]
            pieces.append("".join(assigned(r, low, high) for _ in range(int(r.integers(1, 7)))))
    return "".join(pieces)


def assigned(r, low, high):
    """A code point that Unicode has long assigned: newer ones differ between the libraries' tables."""
    while True:
        c = chr(int(r.integers(low, high + 1)))
        if unicodedata.ucd_3_2_0.category(c) != "Cn":
            return c
