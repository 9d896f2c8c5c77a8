"""Starts and drives the processes of the interop tests: the mediator, Credo wallets, ACA-Py agents."""
