"""Lambda functions of the test program, as text."""

ECHO = """
import json


def lambda_handler(event, context):
    return {"echo": event, "version": context.function_version}
"""
