"""Where data keys come from: AWS KMS, or a key file on a laptop."""

from dif_vault.keys._kms import KmsKeys
from dif_vault.keys._local import LocalKeys
from dif_vault.keys._ports import KeyProvider, WrappedKey
from dif_vault.keys._ring import KeyRing

__all__ = ["KeyProvider", "KeyRing", "KmsKeys", "LocalKeys", "WrappedKey"]
