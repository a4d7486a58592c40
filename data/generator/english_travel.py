"""English situations: on the way."""

TRAVEL = """\
## planning a trip
@ friends
- goal: the mountains | the seaside | the big forest | the island | the hot springs | the waterfall
   | the wine hills | the salt caves | the white cliffs
- means: by train | by car | by bus | by bike | on foot | by boat
A: Shall we go away together? | I'd like to get out of town.
   || B: Great, where to? | I'm in. Where do you want to go? || A: To {goal}, maybe. | What about {goal}?
~ goal B: I was at {goal.old} last month. I'd prefer {goal}. | {goal.old} is too far for me. Why not {goal}?
   || A: All right, then {goal}. | {goal} is fine with me.
< A: We could go {means}. Are you free on {day}? | What about {day}? Let's go {means}.
   || B: Yes, I am. | I'd love that.
* B: How do we get there? | How shall we travel? || A: We could go {means}. | Let's go {means}.
* A: When can you start? | Which day suits you? || B: On {day}. | I'm free on {day}.
~ means A: Wait, going {means.old} takes too long. Let's go {means}.
   | Oh, {means.old} won't work. We'd better go {means}.
   || B: {means} is fine. | I don't mind.
+ C: Can I come, too? || A: Of course you can. | The more the better. || C: Wonderful, I'll pack my bag.
+ C: Don't forget your umbrellas. || B: You always think of everything.
   || D: And take some sandwiches with you!
+ B: Where do we sleep?
   || A: I know a cheap hotel there. | We'll be back at night. | My aunt has a tiny cottage nearby.
+ A: Shall I take a camera? || B: Please do. | Mine is better.
B: And where do we meet? | Where's our meeting point?
   || A: In front of {place} at {time}. | At {time}, in front of {place}. || B: Perfect. | I'll be there.
= {A} and {B} will go to {goal} {means} on {day}. They meet in front of {place} at {time}.
= {A} and {B} plan a trip to {goal} on {day} and meet in front of {place} at {time}.
= {A} and {B} decide to go to {goal} {means}. They meet on {day} in front of {place}.
= On {day} {A} and {B} meet at {time} in front of {place} and go to {goal} {means}.

## lost luggage
@ strangers
- bag: a black suitcase | a red suitcase | a green backpack | a blue bag | a grey suitcase | a brown bag
   | a yellow backpack | a white suitcase | an orange bag
- city: Rome | Madrid | Oslo | Vienna | Lisbon | Athens | Berlin | Dublin | Prague | Warsaw | Helsinki
   | Zurich
- inside: a camera | some books | winter clothes | a laptop | presents for my family | my medicine
A: Next, please. What happened? | Hello, what's the matter?
   || B: My luggage hasn't arrived. | I can't find my luggage.
< A: Where have you come from, and what does it look like?
   || B: From {city}. I had {bag} with me. | It's {bag}, and I've come from {city}.
* A: Which flight did you take? | Where have you come from?
   || B: The one from {city}. | I've come from {city}.
* A: What does it look like? | Can you describe it? || B: It's {bag}. | I had {bag} with me.
~ city B: Sorry, I only changed planes in {city.old}. My luggage comes from {city}.
   | No, wait, I mean the flight from {city}. {city.old} was last week.
   || A: So it's {city}. Thank you. | I'll write down {city}, then.
~ bag B: Oh, no. I was thinking of my wife's. Mine is {bag}.
   | I have to correct myself. I took {bag} this time.
   || A: I see, {bag}. | So we're looking for {bag}.
+ A: Was there anything valuable in it? | What was in it? || B: Yes, {inside}. | {inside}, among other things.
+ B: Does this often happen? || A: More often than we'd like. | Only in summer.
+ C: Mine is missing, too! || A: I'll be with you in a minute. || C: I've been waiting for an hour.
A: We'll bring it to your hotel. Where are you staying? | Where can we bring it?
   || B: I'm at the hotel near {place}. | My hotel is near {place}.
A: You should have it on {day}. | We'll bring it on {day}. || B: Good, thank you. | I hope so. Thank you.
= {B} lost {bag} on the flight from {city}. {A} will bring it to the hotel near {place} on {day}.
= {A} helps {B}, who lost {bag} on the flight from {city}, and will bring it to the hotel on {day}.
= {B} is looking for {bag} after the flight from {city}. {A} will bring it to the hotel near {place}.
= {B} cannot find {bag}, and {A} will bring it to the hotel near {place} on {day}.

## hotel check-in
@ strangers
- room: a single room | a double room | a room with a view | a family room | a quiet room
   | a room with a balcony | a room on the top floor
- problem: the heating doesn't work | the lift is out of order | breakfast isn't included
   | the pool is closed | there's no hot water | the restaurant is full tonight | the bar is closed
A: Good evening. Welcome to our hotel. | Welcome. I hope you had a good journey.
   || B: Thank you. I've booked a room. My name is {name}. | Good evening. There should be a room for {name}.
   || A: One moment, {name}. Here it is. | Let me see, {name}. Yes, I've found you.
< A: {room} for {number} nights, isn't that so? || B: Yes, that's right. | Exactly.
* A: You booked {room}, is that right? | It's {room}, isn't it? || B: Yes, that's right. | Exactly.
* A: How many nights are you staying? | And for how many nights?
   || B: For {number} nights. | I'd like to stay {number} nights.
~ number B: Could I make it {number} nights instead of {number.old}?
   | My plans have changed. I'll stay {number} nights, not {number.old}.
   || A: Yes, {number} nights are possible. | No problem, I'll change it to {number}.
~ room B: Have you got {room} instead of {room.old}? | Actually, could I have {room}?
   || A: You're lucky, {room} is still free. | I can give you {room}, yes.
A: I'm sorry, but {problem}. | I have to tell you that {problem}.
   || B: Oh, what a pity. | I see. I can live with that.
+ B: When is breakfast? || A: From seven to ten. | As early as you like. | We can bring it upstairs on a tray.
+ B: Where's the nearest shop? || A: It's next to {place}. | Behind {place}.
+ C: I want the bed by the window! || B: First let me get the key. || C: But hurry up!
+ A: Here's your key. | Your room is on the second floor. || B: Thank you. | Thanks, good night.
= {name} checks in at the hotel and gets {room} for {number} nights, but {problem}.
= {A} gives {name} {room} for {number} nights and says that {problem}.
= {name} checks in for {number} nights and gets {room}. {A} says that {problem}.
= {name} gets {room} at the hotel. {A} says that {problem}.

## hiring a car
@ strangers
- car: a small car | a family car | a van | an electric car | a sports car | a minibus | an open car
   | a large car
- trip: a trip to the sea | a visit to friends | a move to a new flat | a weekend in the mountains
   | a wedding | a business trip | a tour of the castles
A: Good morning. Do you need a car? | Welcome. What can I do for you?
   || B: Yes, I'd like to hire {car}. | Hello. I need {car}, please.
~ car B: No, wait, {car.old} isn't right for us. Could I have {car}?
   | I think I'd better take {car} this time.
   || A: Of course, {car}. | Yes, we've got {car} left.
< A: For how long, and from which day?
   || B: For {number} days, from {day} on. | From {day} on, for {number} days.
* A: From which day on? | When will you need it? || B: From {day} on. | I'll collect it on {day}.
* A: For how long? | How many days do you need it?
   || B: For {number} days. | I think {number} days are enough.
~ number B: Sorry, not {number.old} days. I need it for {number}.
   | We could stay longer. Please make it {number} days, not {number.old}.
   || A: {number} days, no problem. | I've changed it to {number} days.
+ A: Where are you going? | May I ask what it's for? || B: It's for {trip}. | We're planning {trip}.
+ A: Have you driven one before? || B: Many times. | Never, but I'll be careful.
+ B: Is it full? || A: Yes, and please bring it back full. | There's enough petrol to reach the motorway.
A: It costs {price} a day. | That'll be {price} a day.
   || B: That's fine. | It's a bit expensive, but all right.
+ A: Then please sign here. | I only need your licence. || B: Here you are. | Of course.
= {B} hires {car} for {number} days from {day} on. {A} asks for {price} a day.
= {A} gives {B} {car} for {number} days from {day} on for {price} a day.
= {B} needs {car} from {day} on and hires it for {number} days for {price} a day.
= {B} hires {car} from {A} for {price} a day. {B} will have it for {number} days from {day} on.

## asking the way
@ street
- goal: the airport | the tourist office | the concert hall | the ice rink | the flower show
   | the town gardens | the science museum | the opera | the old palace | the music school
- vehicle: the number six bus | the tram | the underground | the ferry | the green bus | the night bus
   | the small train | the number nine tram
A: Excuse me, how do I get to {goal}? | Sorry, I'm looking for {goal}.
   || B: Oh, that's quite far from here. | You're on the wrong side of town.
B: You should take {vehicle}. | The best way is to take {vehicle}.
   || A: Where does it stop? | And where can I find it?
   || B: In front of {place}. | Right in front of {place}.
~ vehicle B: Wait, {vehicle.old} doesn't go there any more. Take {vehicle}.
   | No, I'm wrong. With {vehicle.old} you'd have to change. Take {vehicle}.
   || A: So I take {vehicle}. Thanks. | Good that you thought of it.
~ place B: Although, that stop is closed today. You have to go to the one in front of {place}.
   || A: In front of {place}, all right. | Then I'll go to {place}.
* A: Can I walk there? | Is it too far to walk? || B: You wouldn't enjoy it. | It would take an hour.
* A: When does the next one leave? | Do you know when it comes?
   || B: At {time}, I think. | There's one at {time}.
+ A: Where can I buy a ticket? || B: The driver sells them. | At the machine, but it only takes coins.
+ A: Is {goal} worth a visit? || B: Many people go there. | I like it very much.
+ C: Are you going to {goal}? I can show you the way. || A: That's very kind. | Thank you, I've got it now.
+ A: Thank you very much. | Thanks a lot for your help. || B: You're welcome. | Have a good day.
= {A} asks {B} the way to {goal}. {B} tells {A} to take {vehicle} in front of {place} at {time}.
= {B} tells {A} to take {vehicle} in front of {place} to get to {goal}.
= {A} is looking for {goal}, and {B} tells {A} to take {vehicle} in front of {place} at {time}.
= {B} tells {A} the way to {goal}. {A} should take {vehicle}, which leaves at {time}.

## the missed train
@ phone
- city: Rome | Madrid | Vienna | Lisbon | Berlin | Dublin | Prague | Warsaw | Zurich | Milan | Paris | Munich
- cause: the taxi was late | my watch was slow | the traffic was terrible | I went to the wrong platform
   | I left my ticket at home | my suitcase was too heavy
- extra: a window seat | a seat near the door | a bed | a seat with a table | a place for my bike
A: Railway service, good day. | This is the railway office. How can I help?
   || B: Hello. I've missed my train to {city}. | Good morning. My train to {city} left without me.
   || A: I'm sorry. How did that happen? | Oh dear. What happened?
   || B: Well, {cause}. | I'm ashamed to say that {cause}.
~ city B: Excuse me, {city.old} is where I changed trains. I was going to {city}.
   || A: To {city}, I see. | So {city}.
< A: When would you like to travel? And have you got any wishes?
   || B: On {day}, and {extra}, if possible. | I'd like {extra}, please, on {day}.
* A: When would you like to travel? | Which day would suit you now?
   || B: On {day}. | On {day}, if there's a seat.
* A: Do you need anything special? | Any other wishes? || B: Yes, {extra}, please. | If possible, {extra}.
~ day B: No, it had better be {day}, I have an exam on {day.old}.
   | Oh, {day.old} is a holiday. Then I'd prefer {day}.
   || A: {day} is possible. | I've got a seat on {day}, yes.
+ B: Is my old ticket still good? || A: For a week, yes. | I'm afraid not.
+ B: Will there be a dining car?
   || A: Yes, with hot soup. | Not on this train. | There's a trolley with snacks.
A: There's a train at {time}. It costs {price}. | You could take the one at {time} for {price}.
   || B: Good, I'll take that. | All right, please book it.
+ A: Done. Be there early this time! | It's booked. Have a safe journey.
   || B: I promise. Thank you. | Thanks for your help.
= {B} missed the train to {city}. {A} books a seat on {day} at {time} for {price}.
= {A} books {B}, who missed the train to {city}, a seat for {price} on {day} at {time}.
= {B} missed the train to {city} and will take one on {day} at {time} for {price}.
= {B} calls {A} after missing the train to {city}, and takes one on {day} for {price}.
"""
