"""What the integration tests use, inside a throwaway machine. README.md beside this folder tells how."""
