# Run me: exec(open("/work/cities.py").read())
import csv

with open("/work/cities.csv", encoding="utf-8") as file:
    cities = sorted(csv.DictReader(file), key=lambda city: int(city["population"]), reverse=True)
for city in cities:
    print(f"{int(city['population']):>12,}  {city['city']}, {city['country']}")
