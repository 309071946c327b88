"""What the crash test has the machine do: small workflows whose steps leave a
line outside of the machine for each time that they are performed.

A command and the tool `run_command` reach nothing but the run's worktree, so
their witness is a file in there; it is synced before they say that they are
done, and is on the branch that the run leaves. A line is the key that the
machine gave the effect, the attempt, and the time.
"""

WITNESS = "witness.txt"
LEDGER = "ledger.txt"


def performs(before, after, then=""):
    """A command that is slow before and after the one line that it leaves."""
    return (
        f"sleep {before}; "
        'echo "$THEMACHINE_IDEMPOTENCY_KEY $THEMACHINE_ATTEMPT $(date +%s%N)"'
        f" >> {WITNESS}; sync {WITNESS}; sleep {after}{then}"
    )


def entry(name):
    """Enters a line in the ledger; a second time, it would stand there twice."""
    return (
        f'{{name: patch_file, arguments: {{path: {LEDGER}, edits: '
        f'[{{old: "end\\n", new: "{name}\\nend\\n"}}]}}}}'
    )


QUICK = performs("0.01", "0.01")
SLOW = performs("0.3", "0.3")
FAILS_FIRST = performs("0.02", "0.02", "; test $THEMACHINE_ATTEMPT -gt 1")

CHAIN = f"""
name: chain
steps:
  - id: think
    model: {{prompt: "Say something.", max_output_tokens: 100}}
  - id: one
    needs: [think]
    command: '{QUICK}'
  - id: two
    needs: [one]
    tool: {entry("two")}
  - id: three
    needs: [two]
    idempotent: false
    command: '{SLOW}'
  - id: four
    needs: [three]
    tool: {entry("four")}
"""

PARALLEL = f"""
name: parallel
vars: {{joined: []}}
reducers: {{joined: append}}
steps:
  - id: left
    command: '{QUICK}'
  - id: middle
    idempotent: false
    command: '{SLOW}'
  - id: right
    retry: {{max: 3, backoff: 50ms, on: [step_failed, transient]}}
    command: '{FAILS_FIRST}'
  - id: think
    model: {{prompt: "Say something.", max_output_tokens: 100}}
  - id: join
    needs: [left, middle, right, think]
    set: {{joined: '["all"]'}}
  - id: last
    needs: [join]
    idempotent: false
    retry: {{max: 3, backoff: 50ms, on: [step_failed]}}
    command: '{FAILS_FIRST}'
"""

FOREACH = f"""
name: foreach
steps:
  - id: each
    foreach:
      items: '[1, 2, 3]'
      parallel: 2
      steps:
        - id: odd
          when: .item % 2 == 1
          idempotent: false
          command: '{SLOW}'
        - id: write
          needs: [odd]
          tool:
            name: write_file
            arguments: {{path: 'item-${{{{ .item }}}}.txt', content: "done\\n"}}
        - id: even
          needs: [write]
          when: .item % 2 == 0
          tool: {{name: run_command, arguments: {{command: '{QUICK}'}}}}
"""

REPEAT = f"""
name: repeat
steps:
  - id: again
    repeat:
      max: 2
      until: .iteration >= 2
      steps:
        - id: once
          idempotent: false
          tool: {{name: run_command, arguments: {{command: '{SLOW}'}}}}
        - id: think
          needs: [once]
          model: {{prompt: "Say something.", max_output_tokens: 100}}
        - id: more
          needs: [once]
          command: '{QUICK}'
"""

CALL = f"""
name: call
workflows:
  child:
    steps:
      - id: think
        model: {{prompt: "Say something.", max_output_tokens: 100}}
      - id: once
        idempotent: false
        command: '{SLOW}'
      - id: more
        needs: [think, once]
        retry: {{max: 3, backoff: 50ms, on: [step_failed]}}
        command: '{FAILS_FIRST}'
steps:
  - id: before
    command: '{QUICK}'
  - id: call
    needs: [before]
    call: {{workflow: child, budget: 0.10}}
  - id: after
    needs: [call]
    tool: {entry("after")}
"""

# Each with what has to stand in the ledger at its end, and in files.
WORKFLOWS = [
    ("chain", CHAIN, ["two", "four"], []),
    ("parallel", PARALLEL, [], []),
    ("foreach", FOREACH, [], [f"item-{i}.txt" for i in (1, 2, 3)]),
    ("repeat", REPEAT, [], []),
    ("call", CALL, ["after"], []),
]
