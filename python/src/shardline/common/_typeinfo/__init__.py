"""The classes of `shardline.common.typeinfo`, by what the values are."""
