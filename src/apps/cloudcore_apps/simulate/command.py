"""`cloudcore simulate`: lives of a whole cloud, one after another, until one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import click

from cloudcore.model.errors import CloudcoreError

if TYPE_CHECKING:
    from cloudcore_apps.simulate.seeds import Case
    from cloudcore_apps.simulate.watch import Violation

TOLD_AFTER = 1000
"""After so many lives it is said how far it is."""


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="How many lives.")
@click.option("--first-seed", type=click.IntRange(0), default=0, show_default=True, help="The first one's seed.")
@click.option("--seed", type=click.IntRange(0), help="Live this one only.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that share the lives."
)
@click.option("--faults", help="Kinds of faults, separated by commas, or none; without it the seed decides.")
@click.option(
    "--weather", type=click.IntRange(0), default=4, show_default=True, help="Spells of weather, with --faults."
)
@click.option("--ordeal", type=click.Choice(["moves"]), help="Lives that are about one thing, with seeds of their own.")
@click.option("--store", type=click.Choice(["memory", "sqlite"]), help="Storage; without it the seed decides.")
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="Control-plane processes.")
@click.option("--hosts", type=click.IntRange(1), default=3, show_default=True, help="Hosts.")
@click.option("--clients", type=click.IntRange(1), default=3, show_default=True, help="Clients.")
@click.option("--rounds", type=click.IntRange(1), default=6, show_default=True, help="Requests of each client.")
@click.option("--without", default="", help="Requests that are left out, as client0-2, separated by commas.")
@click.option("--story", is_flag=True, help="Print what happened.")
@click.option("--coverage", is_flag=True, help="Print which operations, flows, steps and faults came up.")
@click.option("--shrink/--no-shrink", default=True, help="Look for a shorter story when one fails.")
def simulate(
    seeds: int,
    first_seed: int,
    seed: int | None,
    faults: str | None,
    weather: int,
    ordeal: str | None,
    store: str | None,
    without: str,
    jobs: int,
    *,
    story: bool,
    coverage: bool,
    shrink: bool,
    **size: int,
) -> None:
    """Run a whole cloud under a virtual clock with seeded faults, and check that nothing is lost or stuck."""
    import attrs

    from cloudcore_apps.simulate import seeds as lives
    from cloudcore_apps.simulate.coverage import Coverage
    from cloudcore_apps.simulate.life import Shape
    from cloudcore_apps.simulate.lived import live
    from cloudcore_apps.simulate.menu import chosen

    given: dict[str, Any] = {"shape": Shape(**size), "without": frozenset(filter(None, without.split(",")))}
    if store is not None:
        given["store"] = store
    if faults is not None:
        kinds = () if faults == "none" else tuple(filter(None, faults.split(",")))
        given["faults"] = chosen(kinds, weather)
    wanted = range(first_seed, first_seed + seeds) if seed is None else range(seed, seed + 1)
    cases = [attrs.evolve(lives.of_seed(number, ordeal or ""), **given) for number in wanted]
    busy, elapsed, seen = 1e-9, 0.0, Coverage()
    for count, one in enumerate(live(cases, jobs=jobs, told=story, covered=coverage), 1):
        busy, elapsed = busy + one.busy_s, elapsed + one.elapsed_s
        if one.coverage is not None:
            seen.update(one.coverage)
        if story:
            click.echo("\n".join(one.told))
        if one.violation is not None:
            _fail(one.case, one.violation, shrink=shrink and seed is None)
        if count % TOLD_AFTER == 0:
            click.echo(f"{count} of {len(cases)} lived", err=True)
    if coverage:
        click.echo("\n".join(seen.lines()))
    rate = f"{len(cases) / busy:.1f} seeds/s of processor time, {elapsed / busy:,.0f} times as fast as life"
    click.echo(f"{len(cases)} seeds from {wanted[0]}: nothing lost, nothing stuck; {rate}")


def _fail(case: Case, violation: Violation, *, shrink: bool) -> NoReturn:
    from cloudcore_apps.simulate import seeds as lives

    click.echo(f"seed {case.seed}: {violation}\n  again: {case.command}")
    if shrink:
        short = lives.shrink(case, violation)
        life, found = short.fails()
        click.echo("\n".join(["the same, shorter:", *lives.story(life), str(found), f"  again: {short.command}"]))
    raise CloudcoreError(f"seed {case.seed} hurts an invariant")
