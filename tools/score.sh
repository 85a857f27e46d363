#!/bin/sh
#
# make score: the development corpus through mcpctl, and what it must not fall
# below.  Recall counts block, redact and flag; "touched" is the share of
# harmless rows that are not passed untouched and unflagged.

set -eu
export LC_ALL=C

cd "$(dirname "$0")/.."
corpus=${CORPUS:-../shared/corpus/dev}

if [ ! -d "$corpus" ]; then
    echo "score: no corpus at $corpus, skipped"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

build/mcpctl score "$corpus"/*.jsonl | tee build/score.txt

awk '
    BEGIN {
        # least recall on the development half, in percent
        min["secret"] = 96;            min["path_traversal"] = 98
        min["ssrf"] = 98;              min["command_injection"] = 92
        min["sql_injection"] = 92;     min["code_injection"] = 88
        min["obfuscation"] = 88;       min["tool_poisoning"] = 92
        min["prompt_injection"] = 80

        # most harmless rows touched, in percent
        max["tool_result"] = 0.5;      max["resource"] = 0.5
        max["prompt"] = 0.5;           max["tool_description"] = 0.5
        max["tool_arguments"] = 1;     max["benign_readme"] = 0
        max["benign_docs"] = 0;        max["benign_source_code"] = 0
        max["benign_lockfile"] = 0;    max["benign_tool_description"] = 0
    }

    $1 in min || $1 in max {
        rate = $6 + 0
        seen[$1] = 1
        bad = $1 in min ? rate < min[$1] : rate > max[$1]

        if (bad) {
            printf "score: %s is at %.2f %%, wanted %s %s %%\n", $1, rate,
                   ($1 in min ? "at least" : "at most"),
                   ($1 in min ? min[$1] : max[$1])
            failed++
        } else {
            passed++
        }
    }

    END {
        for (name in min) if (!(name in seen)) { failed++; print "score: no rows of " name }
        for (name in max) if (!(name in seen)) { failed++; print "score: no rows of " name }
        printf "%d passed, %d failed, 0 skipped\n", passed, failed
        exit failed > 0
    }' build/score.txt
