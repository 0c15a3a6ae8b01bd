"""What runs user functions, in the driver and in hosts. In reading order:

frames      the function channel's frames, byte by byte
payloads    values to payload bytes and back
operators   what is pickled when an operator is added
conversion  a declared type, enforced
chain       one fused chain: open, process a bundle, close
printing    what `print()` writes
collecting  what `execute_and_collect()` reads
"""
