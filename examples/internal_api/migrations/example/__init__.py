from .run_migration import run_example_migration

def run_migration():
    """Run the example migrations"""
    run_example_migration()
