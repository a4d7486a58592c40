#!/usr/bin/env bash
# Write what a pull request changes as a comment in Markdown: files and parameters, scores with intervals, the verdict.
#
#   tools/report_pull_request.sh BASE HEAD COMMENT [PAGE]
#
# BASE and HEAD are commits or branches. Results that the cache and the remote lack are computed, in temporary clones that
# share the cache. The comment holds no dialogue. PAGE, if it is named, gets the page of the comparison, which holds all.
set -euo pipefail
base=$1 head=$2 comment=$(realpath --canonicalize-missing "$3")
page=${4:+$(realpath --canonicalize-missing "$4")}
root=$(git rev-parse --show-toplevel)
work=$(mktemp -d)
sides=(pull-request/base pull-request/head)
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

verdict() {
    git -C "$root" show "$1:metrics/diagnosis.json" | python -c 'import json, sys; print(json.load(sys.stdin)["verdict"])'
}

bring "${sides[0]}" "$base"
bring "${sides[1]}" "$head"
cd "$root"
{
    echo "<!-- beamline -->"
    echo "## What this pull request does to the summaries"
    echo
    before=$(verdict "${sides[0]}") after=$(verdict "${sides[1]}")
    if [ "$before" = "$after" ]; then
        echo "The verdict stays: $after."
    else
        echo "The verdict was: $before. It is now: **$after**."
    fi
    echo
    beamline compare "${sides[@]}" --markdown --dialogues 0 ${page:+--html "$page"}
    echo
    echo "<details><summary>What changed</summary>"
    echo
    dvc params diff --md "${sides[@]}"
    echo
    git diff --name-only "$base...$head" -- | sed 's/.*/- `&`/'
    echo
    echo "</details>"
} >"$work/comment"
mv "$work/comment" "$comment"
