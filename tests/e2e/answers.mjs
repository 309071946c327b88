// What the upstream answers: by the role that asks, which its system prompt
// tells, and by how often the model has answered already.

const plan = {
  summary: "Add split(cents, people) to bill.py.",
  files: ["bill.py", "tests/test_bill.py"],
  steps: ["Add the function.", "Test it."],
  tests: ["A bill that divides evenly."],
};

const naive = `

def split(cents, people):
    """What each of *people* pays of *cents*."""
    if people < 1:
        raise ValueError("somebody has to pay")
    return [cents // people] * people
`;

const test = `import unittest

import bill


class EvenSplit(unittest.TestCase):
    def test_a_bill_that_divides_evenly(self):
        self.assertEqual(bill.split(600, 2), [300, 300])
`;

const last = 'return f"{cents // 100}.{cents % 100:02d}"\n';

// What every answer is said to have cost, in tokens, in both dialects.
export const usage = {
  prompt_tokens: 1000,
  completion_tokens: 100,
  total_tokens: 1100,
  input_tokens: 1000,
  output_tokens: 100,
};

const call = (name, args) => ({ name, arguments: JSON.stringify(args) });

export const answers = [
  {
    system: "giver of words",
    turn: 0,
    answer: { content: "a word of some length" },
  },
  {
    system: "planner of a small software team",
    turn: 0,
    answer: { content: JSON.stringify(plan) },
  },
  {
    system: "senior software developer",
    turn: 0,
    answer: {
      content: "I read the code first.",
      toolCalls: [
        call("read_file", { path: "bill.py" }),
        call("list_files", { glob: "tests/*" }),
      ],
    },
  },
  {
    system: "senior software developer",
    turn: 1,
    answer: {
      content: "Everybody pays the same.",
      toolCalls: [
        call("patch_file", {
          path: "bill.py",
          edits: [{ old: last, new: last + naive }],
        }),
        call("write_file", { path: "tests/test_split.py", content: test }),
      ],
    },
  },
  {
    system: "senior software developer",
    turn: 2,
    answer: {
      toolCalls: [
        call("finish", {
          summary: "A bill can be split among people.",
          tests: "A bill that divides evenly.",
        }),
      ],
    },
  },
  {
    system: "senior developer who debugs",
    turn: 0,
    // The failing output must have reached the model.
    user: "[334, 333, 333]",
    answer: {
      content: "The division loses the rest.",
      toolCalls: [
        call("patch_file", {
          path: "bill.py",
          edits: [
            {
              old: "    return [cents // people] * people\n",
              new:
                "    share, rest = divmod(cents, people)\n" +
                "    return [share + (i < rest) for i in range(people)]\n",
            },
          ],
        }),
      ],
    },
  },
  {
    system: "senior developer who debugs",
    turn: 1,
    answer: {
      toolCalls: [call("run_command", { command: "sh .themachine/test" })],
    },
  },
  {
    system: "senior developer who debugs",
    turn: 2,
    // The command's own output must have reached the model.
    last: "OK",
    answer: {
      toolCalls: [
        call("finish", {
          cause: "Integer division loses the rest of the cents.",
          fix: "The rest is spread over the first people.",
        }),
      ],
    },
  },
];
