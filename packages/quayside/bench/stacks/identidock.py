# The comparison's service as in "Using Docker", plus one more route.
import json

from flask import Flask, Response

app = Flask(__name__)

# identidock.ts has the same.
items = [
    {
        'id': id,
        'name': f'Item {id}',
        'price': 100 * id + 99,
        'tags': ['red', 'large'],
        'available': id % 2 == 0,
        'note': 'Ships within two days',
    }
    for id in range(100)
]


@app.route('/')
def hello_world():
    return 'Hello Docker!\n'


@app.route('/json')
def answer_json():
    return Response(json.dumps(items, separators=(',', ':')), mimetype='application/json')
