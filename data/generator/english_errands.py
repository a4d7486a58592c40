"""English situations: in shops, offices and on the way."""

ERRANDS = """\
## booking a table
- restaurant: the Blue Anchor | the Golden Lion | Casa Verde | the Green Door | Milano | the River House
- wish: by the window | in the garden | near the door | in a quiet corner
A: {restaurant}, good evening. How can I help? | Good evening, this is {restaurant}. || B: Hello, I would like to book a table. | Good evening, do you have a table for us?
* A: For how many people? | How many of you will there be? || B: We are {number}. | For {number} people, please.
* A: On which day? | And when would that be? || B: On {day}, please. | This {day}, if that is possible.
* A: At what time? | What time suits you? || B: At {time}. | Around {time} would be fine.
~ day B: Wait, {day.old} does not work for us. Can we make it {day}? || A: Of course, {day} then. | No problem, I changed it to {day}.
+ B: Could we sit {wish}? || A: I will see what I can do. | I think that is possible.
A: Under which name? | May I have your name? || B: {name}, please. | It is {name}. || A: Thank you, {name}, see you on {day}. | All done. We look forward to seeing you.
= {B} books a table for {number} people at {restaurant} on {day} at {time}.
= {B} calls {restaurant} and books a table for {number} people for {day} at {time}.
= {A} takes a booking from {B} for a table for {number} people at {restaurant} on {day} at {time}.
= {B} reserves a table at {restaurant} for {number} people on {day} at {time}.
= {B} books a table at {restaurant}. {number} people will come on {day} at {time}.

## doctor's appointment
- pain: a sore throat | a bad cough | pain in the back | a headache | an earache | pain in the knee | a skin rash | a fever
- advice: drink a lot of tea | stay in bed | sleep more | walk every day | avoid cold drinks | take a hot bath
A: Good morning, what can I do for you? | Hello, please sit down. What is the matter? || B: I have {pain}, doctor. | I have had {pain} for some time.
* A: How long have you had it? | When did it begin? || B: Since {day}. | It began on {day}.
* A: Do you take any medicine? | Have you taken anything for it? || B: Only some pills from the pharmacy. | No, nothing at all.
+ A: Do you smoke? || B: No, never. | I stopped last year.
A: Let me have a look. It is nothing serious. | I see. Do not worry, it will pass. || B: What should I do? | So what do you advise? || A: You should {advice}. | I would like you to {advice}.
* A: And please come back in {number} days. | I want to see you again in {number} days. || B: All right, in {number} days. | I will do that.
~ number A: Actually, {number} days is better than {number.old}. || B: Fine, in {number} days then.
+ B: Can I go to work? || A: Better not this week. | If you feel well enough, yes.
B: Thank you, doctor. | Thanks a lot. || A: Get well soon. | Take care.
= {B} has {pain} since {day}. {A} tells {B} to {advice} and to come back in {number} days.
= {B} has had {pain} since {day}. {A} advises {B} to {advice} and come back in {number} days.
= {A} sees {B}, who has {pain} since {day}, and tells {B} to {advice} and come back in {number} days.
= {B} goes to the doctor because of {pain}. {A} tells {B} to {advice} and to come back in {number} days.
= {A} tells {B}, who has {pain}, to {advice} and to come back in {number} days.

## lost luggage
- bag: a black suitcase | a red suitcase | a green backpack | a blue bag | a grey suitcase | a brown bag
- city: Rome | Madrid | Oslo | Vienna | Lisbon | Athens | Berlin | Dublin
- inside: a camera | some books | winter clothes | a laptop | presents for the family
A: Can I help you? | Next, please. What happened? || B: Yes, my luggage did not arrive. | I hope so. I cannot find my luggage anywhere.
* A: Which flight did you take? | Where did you fly from? || B: The one from {city}. | I came from {city}.
* A: What does it look like? | Can you describe it? || B: It is {bag}. | I had {bag} with me.
~ city B: Sorry, I said {city.old}, but there I only changed planes. My flight was from {city}. || A: So it is {city}. Thank you. | I will write {city} then.
+ A: Is there anything valuable inside? || B: Yes, {inside}. | Just {inside}.
+ B: Does this happen often? || A: More often than we would like. | Only in summer.
A: We will bring it to your hotel. Where are you staying? | Where can we bring it? || B: At the hotel near {place}. | The hotel next to {place}.
A: You should have it on {day}. | We will bring it on {day}. || B: Good, thank you. | I hope so. Thank you.
= {B} lost {bag} on the flight from {city}. {A} will bring it to the hotel near {place} on {day}.
= {B} reports the loss of {bag} on the flight from {city}. {A} will bring it to the hotel near {place} on {day}.
= {B} cannot find {bag} after the flight from {city}, and {A} will bring it to the hotel near {place} on {day}.
= {A} helps {B}, who lost {bag} on the flight from {city}, and will bring it to the hotel near {place} on {day}.

## returning a purchase
- thing: a kettle | a lamp | a radio | a toaster | a jacket | a pair of shoes | a clock | a blender
- fault: it is broken | it is too small | it makes a strange noise | it has a scratch | it is the wrong colour
B: Hello, I would like to return something. | Good morning, I want to bring this back. || A: What is it? | Of course, what do you have there? || B: It is {thing} that I bought here. | I bought {thing} here.
* A: When did you buy it? | On which day was that? || B: Last {day}. | I think it was {day}.
* A: What is wrong with it? | And what is the problem? || B: Well, {fault}. | As you can see, {fault}.
~ day B: Let me check. No, it was {day}, not {day.old}. || A: {day}, I see. | Thank you, I will note {day}.
+ A: Do you have the receipt? || B: Yes, here it is. | I am afraid I lost it.
A: Do you want another one or your money back? | Shall we change it? || B: I would rather have my money back. | Just the money, please. || A: That is {price}, then. | Here you are, {price}.
+ B: Is the shop open on {day2}? || A: Every day but Sunday. | Until six, as always.
B: Thank you very much. | That was easy, thanks. || A: You are welcome. | Have a nice day.
= {B} returns {thing} bought on {day} because {fault}, and {A} gives back {price}.
= {B} brings back {thing} that was bought on {day} because {fault}. {A} gives back {price}.
= {B} returns {thing} because {fault}. It was bought on {day}, and {A} gives back {price}.
= {A} gives {B} {price} back for {thing} bought on {day} because {fault}.

## buying a present
- present: a book about birds | a silver ring | a warm scarf | a board game | a set of paints | a coffee cup | a puzzle | a small plant
- person: mother | father | sister | brother | aunt | uncle | teacher | neighbour
A: Can I help you find something? | Good afternoon, are you looking for something? || B: Yes, I need a present for my {person}. | I am looking for a present for my {person}.
* A: What does your {person} like? | Any idea what it could be? || B: Something useful, I think. | I have no idea at all.
* A: How much would you like to spend? | How much should it cost? || B: Not more than {price}. | About {price}.
~ price B: On second thought, I could spend {price} instead of {price.old}. || A: {price} makes it easier. | Good, then we look for something for {price}.
+ B: The birthday is on {day}. || A: Then there is not much time. | So you are early, that is good.
A: How about {present}? | We have {present}, people like it very much. || B: That is a lovely idea. | Oh, that would be perfect.
+ A: Shall I wrap it? || B: Yes, please, in red paper. | No, I will do it myself.
B: I will take it. | Good, I will buy it. || A: Thank you, please pay over there. | You can pay by card.
= {B} buys {present} for {B}'s {person} for about {price} with the help of {A}.
= {B} is looking for a present for {B}'s {person} for about {price}, and buys {present}.
= {A} helps {B} find a present for {B}'s {person} for about {price}. {B} buys {present}.
= {B} wants a present for {B}'s {person} for about {price}. {A} suggests {present}, and {B} buys it.

## hiring a car
- car: a small car | a family car | a van | an electric car | a sports car
- trip: a trip to the sea | a visit to friends | a move to a new flat | a weekend in the mountains | a wedding
A: Good morning, do you need a car? | Welcome. What can I do for you? || B: Yes, I would like to hire {car}. | I need {car}, please.
* A: From which day? | When do you need it? || B: From {day}. | I will pick it up on {day}.
* A: For how long? | How many days do you need it? || B: For {number} days. | I think {number} days are enough.
~ number B: Sorry, not {number.old} days, {number}. || A: {number} days, no problem. | I changed it to {number} days.
+ A: Where are you going? || B: It is for {trip}. | We are planning {trip}.
+ A: Have you driven one before? || B: Many times. | Never, but I will be careful.
A: It costs {price} a day. | That will be {price} a day. || B: That is fine. | A bit expensive, but all right.
A: Then please sign here. | I only need your licence. || B: Here you are. | Of course.
= {B} hires {car} from {A} for {number} days from {day} for {price} a day.
= {B} hires {car} from {day} for {number} days. {A} asks {price} a day.
= {A} gives {B} {car} for {number} days from {day} for {price} a day.
= {B} needs {car} for {number} days from {day} and hires it from {A} for {price} a day.

## hotel check-in
- room: a single room | a double room | a room with a view | a family room | a quiet room
- problem: the heating does not work | the lift is out of order | breakfast is not included | the pool is closed
B: Hello, I have booked a room under the name {name}. | Good evening, my name is {name}. I have a booking. || A: Welcome, {name}. One moment. | Let me see. Yes, here it is.
* A: You booked {room}, is that right? | That was {room}, I think. || B: Yes, that is right. | Exactly.
* A: How many nights are you staying? | And for how many nights? || B: For {number} nights. | I will stay {number} nights.
~ number B: Could I make it {number} nights instead of {number.old}? || A: Yes, {number} nights are possible. | I will change it to {number}.
A: I am sorry, but {problem}. | I have to tell you that {problem}. || B: Oh, that is a pity. | I see. I can live with that.
+ B: When is breakfast? || A: From seven to ten. | Until ten, every day.
+ B: Is there a shop near here? || A: Yes, next to {place}. | There is one behind {place}.
A: Here is your key. | Here you are, your key. || B: Thank you. | Thanks, good night.
= {name} checks in at the hotel and gets {room} for {number} nights. {A} says that {problem}.
= {B} checks in under the name {name} for {number} nights in {room}. {A} says that {problem}.
= {A} gives {name} {room} for {number} nights and says that {problem}.
= {B}, whose name is {name}, gets {room} at the hotel for {number} nights, but {problem}.

## concert tickets
- show: the jazz concert | the piano concert | the new musical | the comedy show | the ballet | the choir concert
- seat: in the first row | on the balcony | in the middle | near the stage | at the back
B: Good afternoon, do you still have tickets for {show}? | Hello, I would like tickets for {show}. || A: Yes, for which day? | Let me look. Which day do you prefer? || B: For {day}. | {day} would be best.
* A: How many do you need? | For how many people? || B: I need {number}. | {number}, please.
* A: Where would you like to sit? | Which seats do you want? || B: Best {seat}. | We would like to sit {seat}.
~ day B: Oh, I forgot something. On {day.old} I have no time. Is {day} possible? || A: Yes, {day} is fine too. | There are seats on {day} as well.
+ B: Is it a long show? || A: About two hours. | Not at all.
A: That is {price} each. | Each ticket is {price}. || B: Can I pay by card? | All right. || A: Of course. Enjoy the evening. | Here are your tickets.
= {B} buys {number} tickets for {show} on {day} for {price} each. The seats are {seat}.
= {B} buys {number} tickets {seat} for {show} on {day} for {price} each.
= {A} sells {B} {number} tickets for {show} on {day} for {price} each. The seats are {seat}.
= {B} wants to see {show} on {day} and buys {number} tickets {seat} for {price} each.

## asking the way
- goal: the hospital | the castle | the art gallery | the police station | the zoo | the university | the tourist office
- vehicle: the number six bus | the tram | the underground | the ferry | the green bus
A: Excuse me, how do I get to {goal}? | Sorry, I am looking for {goal}. || B: Oh, that is quite far from here. | You are on the wrong side of town.
* A: Can I walk there? | Is it possible to walk? || B: Not really, it takes an hour. | You can, but I would not.
B: You should take {vehicle}. | The best way is to take {vehicle}. || A: Where does it stop? | And where can I find it? || B: In front of {place}. | Right in front of {place}.
~ vehicle B: Wait, {vehicle.old} does not go there any more. Take {vehicle}. || A: So {vehicle}, then. | Good that you say so.
* A: When does the next one leave? | Do you know when it comes? || B: At {time}, I think. | There is one at {time}.
+ A: Are you from here? || B: I was born here. | No, but I have lived here for years.
+ A: Is {goal} worth a visit? || B: Many people go there. | I have never been inside.
A: Thank you very much. | That is very kind of you. || B: You are welcome. | Have a good day.
= {A} asks {B} the way to {goal}. {B} tells {A} to take {vehicle} in front of {place} at {time}.
= {B} tells {A} to take {vehicle} in front of {place} at {time} to get to {goal}.
= {A} wants to go to {goal}, and {B} tells {A} to take {vehicle} in front of {place} at {time}.
= {A} asks how to get to {goal}. {B} advises {A} to take {vehicle} in front of {place} at {time}.

## bicycle repair
- part: the brakes | the chain | the front wheel | the lights | the gears | the back tyre | the saddle
- cause: an accident | the rain | a hole in the road | the cold | a long trip
A: Hello, what is wrong with your bike? | Good morning, how can I help? || B: I think {part} of my bike broke. | Something is wrong with {part} of my bike.
* A: How did that happen? | What happened? || B: It was {cause}. | I guess it was {cause}.
* A: When do you need it back? | Until when do you need it? || B: I need it on {day}. | By {day}, if you can.
~ part B: No, sorry, it is not {part.old}. I mean {part}. || A: Ah, {part}. I understand. | I see, {part}.
+ B: Is it very old? || A: I have seen older ones. | It has some good years left.
A: It will cost about {price}. | That makes {price}, more or less. || B: That is all right. | Less than I thought.
A: You can come on {day}. | Then come back on {day}. || B: Great, until then. | Thank you, see you then.
= {B} brings a bike to {A} because of {part}. The repair costs {price} and will be ready on {day}.
= {A} will repair {part} of {B}'s bike for {price} until {day}.
= {B} wants {A} to repair {part} of a bike. It costs {price} and will be ready on {day}.
= {B}'s bike has a problem with {part}. {A} will repair it for {price} until {day}.
"""
