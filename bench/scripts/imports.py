# Start-up as applications know it: many modules of the standard library, and then a line of work.
import json, http.client, urllib.parse, re, argparse, dataclasses, csv, datetime, decimal, collections, hashlib, logging
import tempfile, shutil, pathlib, random, string, textwrap, typing, unittest, xml.etree.ElementTree, zipfile, asyncio
import sys
print(len(sys.modules), json.dumps({"a": [1, 2, 3]}))
