"""The agent: turns a performer into an effect port, in process.

journal.py   what was asked and what became of it, on disk
runner.py    a bounded pool that performs journalled effects, one at a time for each resource
"""

from __future__ import annotations

from cloudcore_adapters.agent.runner import EffectRunner

__all__ = ["EffectRunner"]
