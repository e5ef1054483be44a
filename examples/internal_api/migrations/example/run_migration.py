import os
import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from shared.config import config

def run_example_migration():
    """Execute the SQL migration script"""
    try:
        current_dir = os.path.dirname(os.path.abspath(__file__))
        sql_file = os.path.join(current_dir, 'create_tables.sql')
        
        with open(sql_file, 'r') as f:
            sql_commands = f.read()

        conn = psycopg2.connect(
            dbname=config.DB_NAME,
            user=config.DB_USER,
            password=config.DB_PASSWORD,
            host=config.DB_HOST,
            port=config.DB_PORT
        )
        conn.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        
        with conn.cursor() as cur:
            cur.execute(sql_commands)
        
        print("Example migrations completed successfully!")
        
    except Exception as e:
        print(f"Error during example migration: {str(e)}")
        raise
    finally:
        if 'conn' in locals():
            conn.close()
