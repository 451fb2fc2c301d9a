"""prompts/: the paper's three judge prompts (Fig. 6, 7, 8) and what they become, rendered with the Llama-3.1 template.

The template is the copy that TRL installs. Ids are those of tokenizer_tiny, whose special tokens have Llama 3's names.
"""
from importlib.resources import files

from transformers import AutoTokenizer

from .common import write_json, write_jsonl

# The words of the paper; its line breaks follow MT-Bench's pairwise prompt, as the paper says.
START = ("Please act as an impartial judge and evaluate the quality of the responses provided by two AI assistants to the user question "
         "displayed below. You should choose the assistant that follows the user's instructions and answers the user's question "
         "better. Your evaluation should consider factors such as the helpfulness, relevance, accuracy, depth, creativity, and level "
         "of detail of their responses. ")
EXPLAIN = "Begin your evaluation by comparing the two responses and provide a short explanation. "
BIAS = ("Avoid any position biases and ensure that the order in which the responses were presented does not influence your decision. "
        "Do not allow the length of the responses to influence your evaluation. Do not favor certain names of the assistants. Be as "
        "objective as possible.")
MARKS = (" After providing your explanation, output your final verdict by strictly following this format: \"[[A]]\" if assistant A is "
         "better, \"[[B]]\" if assistant B is better")
LETTERS = (" Output your verdict by strictly following this format: \"A\" if assistant A is better, \"B\" if assistant B is better")
USER = ("[Chat Context]\n{chat}\n\n[The Start of Assistant A's Answer]\n{answer_a}\n[The End of Assistant A's Answer]\n\n"
        "[The Start of Assistant B's Answer]\n{answer_b}\n[The End of Assistant B's Answer]")
RATIONALE = "\n\nExplain why response {winner} is better than response {loser}."

PROMPTS = {"cot": {"system": START + EXPLAIN + BIAS + MARKS, "user": USER},
           "genrm": {"system": START + BIAS + LETTERS, "user": USER},
           "rationalizer": {"system": START + EXPLAIN + BIAS, "user": USER + RATIONALE}}

CASES = [
    ([("user", "Which of these is a prime number: 21, 23 or 25?")], "23.", "It is 21, because it is odd."),
    ([("user", "What is 3 + 4?"), ("assistant", "7."), ("user", "And {answer_b} minus \\d {chat} one?\n")], "6",
     "  {answer_a} {winner} is $1 six.\n"),
    ([("system", "Answer in one word. "), ("user", " Is water wet? ")], "Yes", "[[A]] [[B]]"),
]


def serialized(chat):
    """One user turn is its bare text; several turns, or a system turn, are labelled by role."""
    if len(chat) == 1 and chat[0]["role"] == "user":
        return chat[0]["content"]
    return "\n\n".join(f"{m['role'].capitalize()}: {m['content']}" for m in chat)


def filled(template, values):
    """In one pass: what stands in a value is never read as a placeholder."""
    out, at = [], 0
    while True:
        found = [(template.find("{" + k + "}", at), k) for k in values]
        found = [f for f in found if f[0] >= 0]
        if not found:
            return "".join(out) + template[at:]
        start, key = min(found)
        out += [template[at:start], values[key]]
        at = start + len(key) + 2


def make(out, seed):
    tok = AutoTokenizer.from_pretrained(out / "tokenizer_tiny")
    template = (files("trl") / "chat_templates" / "llama3_1.jinja").read_text(encoding="utf-8")
    rows = []
    for name, prompt in PROMPTS.items():
        write_json(out / "prompts" / f"{name}.json", prompt, indent=1)
        for turns, a, b in CASES if name == "cot" else CASES[:2]:
            chat = [{"role": role, "content": content} for role, content in turns]
            values = {"chat": serialized(chat), "answer_a": a, "answer_b": b, "winner": "A", "loser": "B"}
            messages = [{"role": "system", "content": prompt["system"]}, {"role": "user", "content": filled(prompt["user"], values)}]
            text = tok.apply_chat_template(messages, chat_template=template, date_string="26 Jul 2024", tokenize=False,
                                           add_generation_prompt=True)
            rows.append({"prompt": name, "chat": chat, "answer_a": a, "answer_b": b, "winner": "A", "messages": messages, "text": text,
                         "ids": tok(text, add_special_tokens=False)["input_ids"]})
    write_jsonl(out / "prompts" / "examples.jsonl", rows)
