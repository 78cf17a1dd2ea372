"""`cloudcore simulate`: lives of a whole cloud, one after another, until one fails."""

from __future__ import annotations

import sys
import time

import click

from cloudcore.model.errors import CloudcoreError


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="How many lives.")
@click.option("--first-seed", type=click.IntRange(0), default=0, show_default=True, help="The first one's seed.")
@click.option("--seed", type=click.IntRange(0), help="Live this one only.")
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
    from cloudcore_apps.simulate.menu import chosen

    began, elapsed, seen = time.process_time(), 0.0, Coverage()
    wanted = range(first_seed, first_seed + seeds) if seed is None else range(seed, seed + 1)
    for number in wanted:
        left_out = frozenset(filter(None, without.split(",")))
        case = attrs.evolve(lives.of_seed(number, ordeal or ""), shape=Shape(**size), without=left_out)
        if store is not None:
            case = attrs.evolve(case, store=store)
        if faults is not None:
            kinds = () if faults == "none" else tuple(filter(None, faults.split(",")))
            case = attrs.evolve(case, faults=chosen(kinds, weather))
        life, violation = case.fails()
        elapsed += life.stage.elapsed
        if coverage:
            seen.add(life)
        if story:
            click.echo("\n".join(lives.story(life)))
        if violation is None:
            continue
        click.echo(f"seed {number}: {violation}\n  again: {case.command}")
        if shrink and seed is None:
            short = lives.shrink(case, violation)
            life, found = short.fails()
            click.echo("\n".join(["the same, shorter:", *lives.story(life), str(found), f"  again: {short.command}"]))
        raise CloudcoreError(f"seed {number} hurts an invariant")
    if coverage:
        click.echo("\n".join(seen.lines()))
    seconds = max(time.process_time() - began, 1e-9)
    rate = f"{len(wanted) / seconds:.1f} seeds/s of processor time, {elapsed / seconds:,.0f} times as fast as life"
    click.echo(f"{len(wanted)} seeds from {wanted[0]}: nothing lost, nothing stuck; {rate}", file=sys.stdout)
