#!/usr/bin/env bash
# Write what a pull request changes as a comment in Markdown: files and parameters, scores with intervals, the verdict.
#
#   tools/report_pull_request.sh BASE HEAD COMMENT [PAGE]
#
# BASE and HEAD are commits or branches. Results that the cache and the remote lack are computed, in temporary clones that
# share the cache. The comment holds no dialogue. PAGE, if it is named, gets the page of the comparison, which holds all.
# If the pipeline fails on a side, or the scores are not comparable, the comment says so, and this ends with 1.
set -euo pipefail
base=$1 head=$2 comment=$(realpath --canonicalize-missing "$3")
page=${4:+$(realpath --canonicalize-missing "$4")}
root=$(git rev-parse --show-toplevel)
sides=(pull-request/base pull-request/head)
for side in "${sides[@]}"; do
    if git show-ref --verify --quiet "refs/heads/$side"; then
        echo "branch $side: exists, and this would overwrite it; rename it, or: git branch --delete --force $side" >&2
        exit 1
    fi
done
work=$(mktemp -d)
clean_up() {
    rm -rf "$work"
    git -C "$root" branch --quiet --delete --force "${sides[@]}" 2>/dev/null || true
}
trap clean_up EXIT

# Make the branch $1 hold revision $2 with its results, run if need be.
bring() {
    local clone=$work/$1
    git clone --quiet --shared --no-checkout "$root" "$clone"
    git -C "$clone" checkout --quiet --detach "$(git -C "$root" rev-parse "$2^{commit}")"
    if [ -f "$root/.dvc/config.local" ]; then cp "$root/.dvc/config.local" "$clone/.dvc/"; fi
    (
        cd "$clone"
        dvc cache dir --quiet --local "$(cd "$root" && dvc cache dir)"
        if [ -n "$(dvc remote list)" ]; then dvc pull --quiet --run-cache --allow-missing || true; fi
        dvc repro >&2
        if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
            # With the date of the commit, so that the same results are the same commit.
            date=$(git log -1 --format=%cI)
            GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date git -c user.name=beamline -c user.email=beamline@localhost \
                commit --quiet --all --message "Results"
        fi
    )
    git -C "$root" fetch --quiet --force "$clone" "HEAD:refs/heads/$1"
}

# Print the value $2 of `results`, which is the JSON file $1, given as COMMIT:PATH.
read_json() {
    git show "$1" | python -c "import json, sys; results = json.load(sys.stdin); print($2)" || echo unknown
}

compare_verdicts() {
    local before after
    before=$(read_json "${sides[0]}:metrics/diagnosis.json" 'results["verdict"]')
    after=$(read_json "${sides[1]}:metrics/diagnosis.json" 'results["verdict"]')
    if [ "$before" = "$after" ]; then
        echo "The verdict stays: $after."
    else
        echo "The verdict was: $before. It is now: **$after**."
    fi
}

compare_scores() {
    if beamline compare "${sides[@]}" --markdown --dialogues 0 ${page:+--html "$page"} 2>"$work/error"; then return; fi
    status=1
    cat "$work/error" >&2
    # What follows the colon may quote a reference.
    echo "**The scores are not comparable:** $(sed -n 's/^error: \([^:]*\).*/\1/p' "$work/error"). The job's log says more."
    echo
    for side in base head; do
        echo "- $side: \`$(read_json "pull-request/$side:metrics/rouge.json" 'results["signature"]')\`"
    done
}

status=0
for side in base head; do
    commit=$(git log -1 --format='%h %s' "${!side}" -- | tr -d '`')
    set +e # and not "if bring": that would go on after a command that fails
    (set -e; bring "pull-request/$side" "${!side}")
    if [ $? -ne 0 ]; then
        status=1
        echo "**The pipeline failed on the $side**, \`$commit\`. The job's log says why." >>"$work/failures"
        echo >>"$work/failures"
    fi
    set -e
done
cd "$root"
{
    echo "<!-- beamline -->"
    echo "## What this pull request does to the summaries"
    echo
    if [ -e "$work/failures" ]; then
        cat "$work/failures"
    else
        compare_verdicts
        echo
        compare_scores
        echo
    fi
    echo "<details><summary>What changed</summary>"
    echo
    dvc params diff --md "$base" "$head" || echo "The parameters can't be read."
    echo
    # GitHub takes no comment of more than 65,536 characters.
    git diff --name-only "$base...$head" -- |
        awk 'NR <= 50 { print "- `" $0 "`" } END { if (NR > 50) print "- and " NR - 50 " more" }'
    echo
    echo "</details>"
} >"$work/comment"
mv "$work/comment" "$comment"
exit "$status"
