//! Values on the wire, byte by byte.


