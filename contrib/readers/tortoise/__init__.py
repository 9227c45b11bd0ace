"""Reading a Tortoise project's modules without running them."""
